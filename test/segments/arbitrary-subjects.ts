import fc from 'fast-check';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import type { Subject, SubjectEvent, SubjectLetter } from '../../src/segments/evaluate.ts';
import type { RuleSettings } from '../../src/segments/settings.ts';
import { campaign, key, type, value, variant } from './arbitrary-values.ts';

const DAY = 86_400_000;
/** The moment as of which the random rules are evaluated. */
export const NOW = Date.UTC(2011, 9, 1, 12);

/** Settings under which the random events make orders, of which some are taken back. */
export const oddSettings: RuleSettings = {
  zone: 'America/New_York',
  traits: {
    ...defaultTraitSettings,
    orderEvents: ['order', 'view'],
    refundEvents: ["o'; --"],
    money: [['a', 'b'], ['b']],
    orderIds: ['a.b', 'né'],
    loyalFrom: 2,
    formerAfter: 30 * DAY,
  },
};

const properties = fc
  .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 5 })
  .map(fromEntries);

/** What the tracking knows of a letter, and now and then what somebody else wrote under the same name. */
const reading: fc.Arbitrary<SubjectEvent> = fc.record({
  type: fc.constantFrom('opened', 'clicked', 'replied'),
  at: fc.constant(0).chain(() => at),
  properties: fc.oneof(
    { weight: 3, arbitrary: fc.record({ campaign, variant }) },
    fc.record({ campaign: fc.oneof(campaign, value) }),
  ),
});
const letter: fc.Arbitrary<SubjectLetter> = fc.record({
  campaign,
  variant,
  state: fc.constantFrom('accepted', 'unknown', 'failed', 'skipped'),
  at: fc.constant(0).chain(() => at),
});

/** Own keys also where the key is `__proto__`. */
function fromEntries(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

/** Midnight and noon, in UTC and in New York. */
const offsets = fc.constantFrom(-1, 0, 1, DAY / 2, DAY / 2 - 1, DAY / 6, DAY / 6 - 1, (-8 * DAY) / 24);

/** Times crowd round the edges of the windows that rules use. */
const at = fc
  .tuple(fc.constantFrom(0, 1, 1.5, 2, 7, 30, 90, 4000, -1, -300_000), offsets)
  .map(([days, offset]) => NOW - days * DAY + offset);

const event: fc.Arbitrary<SubjectEvent> = fc.record({ type, at, properties });

/** Customers with their events; ids count from 1, in order. */
export const population = (size: number): fc.Arbitrary<Subject[]> =>
  fc
    .array(
      fc.record({
        attributes: properties,
        events: fc.array(fc.oneof({ weight: 3, arbitrary: event }, reading), { maxLength: 9 }),
        letters: fc.uniqueArray(letter, { selector: (one) => one.campaign, maxLength: 2 }),
      }),
      { minLength: size, maxLength: size },
    )
    .map((subjects) =>
      subjects.map(({ attributes, events, letters }, index) => ({
        profile: {
          id: index + 1,
          email:
            index % 4 === 3 ? undefined : `${['Anna', 'anna', 'änne'][index % 3]}${index + 1}@example.test`,
          attributes,
        },
        events,
        letters,
      })),
    );
