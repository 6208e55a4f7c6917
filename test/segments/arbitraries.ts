import fc from 'fast-check';
import type { Subject, SubjectEvent } from '../../src/segments/evaluate.ts';

const DAY = 86_400_000;
/** The moment as of which the random rules are evaluated. */
export const NOW = Date.UTC(2011, 9, 1, 12);

const texts = [
  ...[
    '',
    'a',
    'A',
    'ab',
    'aB%',
    '_',
    '100%',
    'x_y',
    'é',
    'e\u0301',
    '😀',
    'a😀b',
    '\uE000',
    '\uFFFD',
    'ß',
    'İ',
  ],
  ...[
    '1',
    '1.5',
    'true',
    'null',
    "'; DROP TABLE profiles; --",
    '\\',
    '"',
    '["a"]',
    '{"a":1}',
    'a\nb',
    '*',
    '?',
    '[a]',
  ],
  ...[
    '2011-09-30',
    '2011-09-30Z',
    '2011-10-01',
    '2011-09-30T12:00:00Z',
    '2011-10-01T12:00:00.000Z',
    '2011-09-3',
  ],
  ...[
    '2011-10-01T12:00',
    '2011-10-01T00:00:00.500Z',
    '2011-09-30 12:00',
    '2011-13-99T',
    '2011-09-30\nT',
    '٢٠١١-09-30',
  ],
];
const numbers = [
  ...[
    0,
    1,
    -1,
    2,
    10,
    1.5,
    0.1,
    0.2,
    0.30000000000000004,
    2.55,
    -2.55,
    1.00005,
    1e21,
    2 ** 60,
    -(2 ** 53) - 2,
  ],
  ...[5e-324, 1e-200, 1e-9, 1e300, -1.7976931348623157e308, 1317470400000],
];
const keys = [
  'a',
  'b',
  'a.b',
  '"',
  "'",
  '$',
  '[0]',
  '__proto__',
  'constructor',
  'né',
  'a"b\\',
  'email',
  '?',
  'x\ny',
];

const text = fc.constantFrom(...texts);
const number = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...numbers) },
  fc.integer({ min: -20, max: 20 }),
);
const scalar = fc.oneof(text, number, fc.boolean());
const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.constant(null),
  fc.array(scalar, { maxLength: 3 }),
  fc.constant({ a: 'a' }),
);
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b') }, fc.constantFrom(...keys));
const properties = fc
  .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 5 })
  .map(fromEntries);
const type = fc.constantFrom('order', 'view', "o'; --");

/** Own keys also where the key is `__proto__`. */
function fromEntries(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

/** Times crowd round the edges of the windows that rules use. */
const at = fc
  .tuple(fc.constantFrom(0, 1, 1.5, 2, 7, 30, 90, 4000, -1, -300_000), fc.constantFrom(-1, 0, 1, DAY / 2))
  .map(([days, offset]) => NOW - days * DAY + offset);

const event: fc.Arbitrary<SubjectEvent> = fc.record({ type, at, properties });

/** Customers with their events; ids count from 1, in order. */
export const population = (size: number): fc.Arbitrary<Subject[]> =>
  fc
    .array(fc.record({ attributes: properties, events: fc.array(event, { maxLength: 8 }) }), {
      minLength: size,
      maxLength: size,
    })
    .map((subjects) =>
      subjects.map(({ attributes, events }, index) => ({
        profile: {
          id: index + 1,
          email:
            index % 4 === 3 ? undefined : `${['Anna', 'anna', 'änne'][index % 3]}${index + 1}@example.test`,
          attributes,
        },
        events,
      })),
    );

const duration = fc.constantFrom('1d', '36h', '2d', '1w', '30d', '90d', '90m', '2w');
const moment = fc.oneof(
  fc.constantFrom(
    '2011-09-30',
    '2011-10-01',
    '2011-10-02',
    '2011-10-01T12:00:00Z',
    '2011-10-01T14:00:00+02:00',
  ),
  duration.map((length) => `${length} ago`),
  duration.map((length) => `in ${length}`),
);
const windows = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  duration.map((within) => ({ within })),
  moment.map((before) => ({ before })),
  moment.map((after) => ({ after })),
  fc.record({ before: moment, after: moment }),
  fc.tuple(moment, moment).map((between) => ({ between })),
);
const oneWindow = fc.oneof(
  duration.map((within) => ({ within })),
  moment.map((before) => ({ before })),
  moment.map((after) => ({ after })),
  fc.tuple(moment, moment).map((between) => ({ between })),
);

const some = text.filter((one) => one !== '');
const ordered = fc.oneof(text, number);
const operator = fc.oneof(
  scalar.map((is) => ({ is })),
  scalar.map((isNot) => ({ isNot })),
  fc.array(scalar, { minLength: 1, maxLength: 4 }).map((list) => ({ in: list })),
  fc.array(scalar, { minLength: 1, maxLength: 4 }).map((notIn) => ({ notIn })),
  fc.tuple(fc.constantFrom('gt', 'gte', 'lt', 'lte'), ordered).map(([sign, bound]) => ({ [sign]: bound })),
  fc
    .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith'), some)
    .map(([word, part]) => ({ [word]: part })),
  fc.boolean().map((exists) => ({ exists })),
  oneWindow,
);

function treeOf<Leaf>(leaf: fc.Arbitrary<Leaf>, depth: number): fc.Arbitrary<unknown> {
  if (depth === 0) return leaf;
  const inner = treeOf(leaf, depth - 1);
  const several = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    several.map((all) => ({ all })),
    several.map((any) => ({ any })),
    inner.map((not) => ({ not })),
  );
}

const small = fc.integer({ min: 0, max: 3 });
const counts = fc.oneof(
  fc.constant({}),
  small.map((atLeast) => ({ atLeast })),
  small.map((atMost) => ({ atMost })),
  small.map((exactly) => ({ exactly })),
  fc.tuple(small, small).map(([less, more]) => ({ atLeast: less, atMost: less + more })),
);
const someCounts = counts.filter((given) => Object.keys(given).length > 0);
const where = treeOf(
  fc.tuple(key, operator).map(([property, test]) => ({ property, ...test })),
  1,
);
const amount = fc.constantFrom(-10, -2.55, 0, 0.1, 0.3, 1, 5.1, 7.65, 20, 1e12);
const sum = fc
  .tuple(key, fc.option(key, { nil: undefined }), fc.constantFrom('gt', 'gte', 'lt', 'lte'), amount)
  .map(([property, times, sign, bound]) => ({
    property,
    ...(times === undefined ? {} : { times }),
    [sign]: bound,
  }));
const distinct = fc.tuple(key, someCounts).map(([property, given]) => ({ property, ...given }));

const leaf = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.oneof(key, fc.constant('email')), operator)
      .map(([attribute, test]) => ({ attribute, ...test })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(type, counts, windows, optional({ where }), optional({ sum }), optional({ distinct }))
      .map(([did, ...parts]) => Object.assign({ did }, ...parts)),
  },
  fc
    .tuple(type, windows, optional({ where }))
    .map(([didNot, ...parts]) => ({ didNot, ...parts[0], ...parts[1] })),
  fc.constant({ everyone: true }),
);

function optional<T>(part: Record<string, fc.Arbitrary<T>>): fc.Arbitrary<object> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, fc.record(part));
}

/** Rules that use every word of the language but `segment`, as a file would hold them. */
export const writtenRule: fc.Arbitrary<unknown> = treeOf(leaf, 2);
