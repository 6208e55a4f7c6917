import { leavesOf } from './resolve.ts';
import type { PlainRule, ResolvedRule } from './rule.ts';
import type { Where } from './rule-parts.ts';
import { branchOf } from './tree.ts';

/** The words of a rule that only mean something if the data knows them, each once, in the order of the rule. */
export interface Words {
  readonly attributes: ReadonlySet<string>;
  /** Types of events, with the properties that are asked of them. */
  readonly events: ReadonlyMap<string, ReadonlySet<string>>;
  readonly letters: readonly {
    readonly campaign: string | undefined;
    readonly variant: string | undefined;
  }[];
}

type Properties = readonly (string | undefined)[];

/** Collects the words of a rule. `email` is no attribute. */
export function wordsOf(rule: ResolvedRule): Words {
  const attributes = new Set<string>();
  const events = new Map<string, Set<string>>();
  const letters: Words['letters'][number][] = [];
  for (const leaf of leavesOf(rule)) {
    if ('attribute' in leaf && leaf.attribute !== 'email') attributes.add(leaf.attribute);
    if ('letter' in leaf) letters.push({ campaign: leaf.campaign, variant: leaf.variant });
    for (const [type, properties] of eventsIn(leaf)) {
      const known = events.get(type) ?? new Set();
      events.set(type, known);
      for (const property of properties) if (property !== undefined) known.add(property);
    }
  }
  return { attributes, events, letters };
}

function eventsIn(leaf: PlainRule): (readonly [string, Properties])[] {
  if ('did' in leaf) return [[leaf.did, figuresIn(leaf)]];
  if ('didNot' in leaf) return [[leaf.didNot, propertiesIn(leaf.where)]];
  if ('first' in leaf) return [[leaf.first, [...propertiesIn(leaf.among), ...propertiesIn(leaf.where)]]];
  if ('last' in leaf) return [[leaf.last, [...propertiesIn(leaf.among), ...propertiesIn(leaf.where)]]];
  if ('sequence' in leaf) {
    return leaf.sequence.map(({ did, didNot, where }) => [did ?? didNot ?? '', propertiesIn(where)]);
  }
  if ('by' in leaf && leaf.by.did !== undefined) return [[leaf.by.did, figuresIn(leaf.by)]];
  return [];
}

interface Figures {
  readonly where?: Where | undefined;
  readonly sum?: { readonly property: string; readonly times?: string | undefined } | undefined;
  readonly distinct?: { readonly property: string } | undefined;
}

function figuresIn({ where, sum, distinct }: Figures): Properties {
  return [...propertiesIn(where), sum?.property, sum?.times, distinct?.property];
}

function propertiesIn(where: Where | undefined): Properties {
  if (where === undefined) return [];
  const branch = branchOf(where);
  if (branch.kind === 'leaf') return [branch.leaf.property];
  return branch.kind === 'not' ? propertiesIn(branch.of) : branch.of.flatMap(propertiesIn);
}
