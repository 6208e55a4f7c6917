import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TraitStore } from '../../src/profiles/traits.ts';
import { evaluate, type Subject } from '../../src/segments/evaluate.ts';
import type { SegmentStore } from '../../src/segments/port.ts';
import { parseRule, type ResolvedRule } from '../../src/segments/rule.ts';
import type { RuleSettings } from '../../src/segments/settings.ts';
import { traitNames } from '../../src/segments/trait-words.ts';
import type { Store } from '../../src/store/database.ts';
import { prepare } from '../../src/store/segment-prepare.ts';
import { segmentCondition } from '../../src/store/segment-sql.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { markTraits, traitStore } from '../../src/store/traits.ts';
import { writtenRule } from '../segments/arbitraries.ts';
import { NOW, oddSettings, population } from '../segments/arbitrary-subjects.ts';
import { onEveryStore } from '../stores.ts';
import { insert } from './subjects.ts';

async function idsOf(segments: SegmentStore, rule: ResolvedRule): Promise<number[]> {
  const ids: number[] = [];
  for await (const chunk of segments.members(rule, NOW)) ids.push(...chunk);
  return ids;
}

/** With one type of order, what is kept of orders also answers when there was one. */
const plainSettings: RuleSettings = {
  ...oddSettings,
  traits: { ...oddSettings.traits, orderEvents: ['order'], refundEvents: ['view'] },
};

type Before = (store: Store, traits: TraitStore, ids: readonly number[]) => Promise<unknown>;
const everyThird: Before = (store, _traits, ids) =>
  markTraits(
    store,
    ids.filter((_, index) => index % 3 === 0),
  );

const folds: readonly [string, RuleSettings, Before][] = [
  ['before any fold', oddSettings, async () => undefined],
  ['in the middle of the first fold', oddSettings, (store) => halfBuilt(store)],
  ['folded', oddSettings, (_store, traits) => traits.fold()],
  ['with profiles that wait', oddSettings, everyThird],
  ['folded, with one type of order', plainSettings, (_store, traits) => traits.fold()],
  ['with profiles that wait, with one type of order', plainSettings, everyThird],
];

async function halfBuilt(store: Store): Promise<void> {
  await traitStore(store, oddSettings.traits).fold();
  await store.run(sql`UPDATE trait_state SET built_to = 60`);
  await store.run(sql`DELETE FROM traits WHERE profile_id > 60`);
}

onEveryStore('random rules', (open) => {
  let store: Store;
  let subjects: Subject[];
  beforeAll(async () => {
    store = await open();
    const [random] = fc.sample(population(120), { numRuns: 1, seed: 4711 });
    subjects = await insert(store, random ?? []);
  });

  test.each(folds)(
    'SQL says what the plain evaluation says, %s',
    async (_name, settings, before) => {
      const traits = traitStore(store, settings.traits);
      const everyone = subjects.map(({ profile }) => profile.id);
      await before(store, traits, everyone);
      const segments = segmentStore(store, settings);
      await fc.assert(
        fc.asyncProperty(writtenRule, async (written) => {
          const rule = await segments.resolve(parseRule(written, 'rule'));
          const wanted = subjects
            .filter((subject) => evaluate(rule, subject, NOW, { settings, everyone: subjects }))
            .map(({ profile }) => profile.id);
          expect(await idsOf(segments, rule)).toEqual(wanted);
          const batch = everyone.filter((_, index) => index % 2 === 0);
          const matching = await segments.matching(rule, NOW, batch);
          expect([...matching].sort((a, b) => a - b)).toEqual(wanted.filter((id) => batch.includes(id)));
          expect(await askedOneByOne(store, rule, settings)).toEqual(wanted);
        }),
        { numRuns: 120 },
      );
    },
    240_000,
  );
});

/** Members by the form of a rule that is chosen where windows hold many events. */
async function askedOneByOne(store: Store, rule: ResolvedRule, settings: RuleSettings): Promise<number[]> {
  const compiling = await prepare(store, rule, NOW, 'audience', settings, new Map());
  const condition = segmentCondition(rule, { ...compiling, isWide: () => true });
  const rows = await store.rows<{ id: number }>(
    sql`SELECT p.id AS id FROM profiles p WHERE ${condition} ORDER BY p.id`,
  );
  return rows.map(({ id }) => id);
}

describe('random rules', () => {
  test('use every word', () => {
    const text = JSON.stringify(fc.sample(writtenRule, { numRuns: 400, seed: 1 }));
    for (const word of [
      '"sum"',
      '"distinct"',
      '"where"',
      '"between"',
      '"didNot"',
      '"notIn"',
      '"startsWith"',
      '"exists"',
      '"during"',
      '"zone"',
      '"first"',
      '"last"',
      '"among"',
      '"sequence"',
      '"top"',
      '"bottom"',
      '"by"',
      '"letter"',
      '"campaign"',
      ...traitNames.map((name) => `"${name}"`),
    ]) {
      expect(text).toContain(word);
    }
  });
});
