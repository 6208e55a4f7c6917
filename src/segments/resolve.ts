import { DearError } from '../errors.ts';
import { closest } from '../profiles/closest.ts';
import type { PlainRule, ResolvedRule, Rule, SegmentRule } from './rule.ts';
import { MAX_DEPTH, MAX_RULES, tooLarge } from './size.ts';
import { branchOf } from './tree.ts';

/** A resolved rule may be deeper than a written one, yet not so deep that a database refuses it. */
const MAX_RESOLVED_DEPTH = 3 * MAX_DEPTH;

/** The names of the segments that a rule points at itself, each once. */
export function segmentsIn(rule: Rule): string[] {
  const names = new Set<string>();
  visitLeaves(rule, (leaf) => {
    if ('segment' in leaf) names.add(leaf.segment);
  });
  return [...names];
}

/** The rules within a rule that say something themselves. */
export function leavesOf(rule: ResolvedRule): PlainRule[] {
  const leaves: PlainRule[] = [];
  visitLeaves(rule, (leaf) => {
    if (!('segment' in leaf)) leaves.push(leaf);
  });
  return leaves;
}

function visitLeaves(rule: Rule, visit: (leaf: PlainRule | SegmentRule) => void): void {
  const branch = branchOf(rule);
  if (branch.kind === 'leaf') visit(branch.leaf);
  else if (branch.kind === 'not') visitLeaves(branch.of, visit);
  else for (const part of branch.of) visitLeaves(part, visit);
}

/**
 * Puts the rules of saved segments in the place of their names.
 * @throws DearError `segment.unknown`, `segment.circle` or `segment.too-large` (usage).
 */
export function resolveRule(rule: Rule, saved: ReadonlyMap<string, Rule>): ResolvedRule {
  let size = 0;
  const resolve = (part: Rule, depth: number, within: readonly string[]): ResolvedRule => {
    size += 1;
    if (size > MAX_RULES)
      throw tooLarge('The rule', `with the segments in it consists of more than ${MAX_RULES} rules`);
    if (depth > MAX_RESOLVED_DEPTH) throw tooLarge('The rule', 'with the segments in it is nested too deep');
    const branch = branchOf(part);
    if (branch.kind === 'all') return { all: branch.of.map((inner) => resolve(inner, depth + 1, within)) };
    if (branch.kind === 'any') return { any: branch.of.map((inner) => resolve(inner, depth + 1, within)) };
    if (branch.kind === 'not') return { not: resolve(branch.of, depth + 1, within) };
    if (!('segment' in branch.leaf)) return branch.leaf;
    const name = branch.leaf.segment;
    if (within.includes(name)) throw circle([...within.slice(within.indexOf(name)), name]);
    const found = saved.get(name);
    if (found === undefined) throw unknownSegment(name, saved.keys());
    return resolve(found, depth + 1, [...within, name]);
  };
  return resolve(rule, 1, []);
}

/** The error for a name that no saved segment has. */
export function unknownSegment(name: string, known: Iterable<string>): DearError {
  const names = [...known].sort();
  const guess = closest(name, names);
  const some = names.length > 10 ? `${names.slice(0, 10).join(', ')}, …` : names.join(', ');
  return new DearError('segment.unknown', `There is no segment named ${JSON.stringify(name)}.`, {
    kind: 'usage',
    mend: [
      guess === undefined ? '' : `Did you mean ${guess}?`,
      names.length === 0 ? 'None is saved yet: dear segments save FILE.' : `Saved segments: ${some}.`,
    ]
      .filter(Boolean)
      .join(' '),
  });
}

function circle(names: readonly string[]): DearError {
  return new DearError('segment.circle', `The segments go in a circle: ${names.join(' → ')}.`, {
    kind: 'usage',
    mend: 'Take one of these references out.',
  });
}
