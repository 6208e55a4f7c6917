import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { evaluate, type Subject, type SubjectEvent } from '../../src/segments/evaluate.ts';
import { parseRule } from '../../src/segments/rule.ts';
import type { Store } from '../../src/store/database.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { NOW } from '../segments/arbitrary-subjects.ts';
import { onEveryStore } from '../stores.ts';
import { insert } from './subjects.ts';

const HOUR = 3_600_000;
const type = fc.constantFrom('view', 'order');

interface Step {
  readonly did?: string;
  readonly didNot?: string;
  readonly within?: string;
}

/** Few moments and few types, so that many events share both. */
const subjects = fc.array(
  fc.array(fc.record({ type, at: fc.integer({ min: 1, max: 3 }) }), { maxLength: 5 }).map(
    (events): Subject => ({
      profile: { id: 0, email: undefined, attributes: {} },
      events: events.map((one) => ({ ...one, at: NOW - one.at * HOUR, properties: {} })),
    }),
  ),
  { minLength: 80, maxLength: 80 },
);
const gap = fc.constantFrom({}, { within: '1h' }, { within: '2h' });
const later = fc.tuple(type, gap).map(([did, within]): Step => ({ did, ...within }));
const last = fc.oneof(
  later,
  fc.tuple(type, gap).map(([didNot, within]): Step => ({ didNot, ...within })),
);
const sequence = fc
  .tuple(type, fc.array(later, { maxLength: 3 }), last)
  .map(([did, between, end]): Step[] => [{ did }, ...between, end]);

const follows = (chosen: readonly SubjectEvent[], event: SubjectEvent, { within }: Step) => {
  const before = chosen.at(-1);
  if (before === undefined) return true;
  const isInTime = within === undefined || event.at - before.at <= Number.parseInt(within, 10) * HOUR;
  return isInTime && event.at >= before.at;
};

/** Tries every choice of events, each for one step only; lines of one moment and type are one happening. */
function happened(steps: readonly Step[], events: readonly SubjectEvent[], chosen: SubjectEvent[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return true;
  const free = events.filter(
    (event) =>
      event.type === (step.did ?? step.didNot) &&
      !chosen.some((other) => other === event || (other.type === event.type && other.at === event.at)) &&
      follows(chosen, event, step),
  );
  if (step.didNot === undefined) return free.some((event) => happened(rest, events, [...chosen, event]));
  const before = chosen.at(-1);
  const isOver =
    step.within === undefined ||
    (before !== undefined && before.at + Number.parseInt(step.within, 10) * HOUR <= NOW);
  return isOver && free.length === 0;
}

onEveryStore('sequences', (open) => {
  let store: Store;
  let stored: Subject[];
  beforeAll(async () => {
    store = await open();
    stored = await insert(store, fc.sample(subjects, { numRuns: 1, seed: 5 })[0] ?? []);
  });

  test('take an event for one step only, whatever happens at the same time', async () => {
    const segments = segmentStore(store);
    await fc.assert(
      fc.asyncProperty(sequence, async (steps) => {
        const rule = parseRule({ sequence: steps }, 'rule');
        const resolved = await segments.resolve(rule);
        const idsOf = (those: readonly Subject[]) => those.map(({ profile }) => profile.id);
        const wanted = idsOf(stored.filter(({ events }) => happened(steps, events, [])));
        expect(idsOf(stored.filter((subject) => evaluate(resolved, subject, NOW)))).toEqual(wanted);
        const found: number[] = [];
        for await (const chunk of segments.members(rule, NOW)) found.push(...chunk);
        expect(found).toEqual(wanted);
        const matching = await segments.matching(rule, NOW, idsOf(stored));
        expect([...matching].sort((a, b) => a - b)).toEqual(wanted);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
