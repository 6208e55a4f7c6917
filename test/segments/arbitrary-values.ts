import fc from 'fast-check';

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
  // Some of one moment, in their own ways, and some that never were.
  ...[
    '2011-10-01T14:00:00+02:00',
    '2011-10-01T07:00:00.000-05:00',
    '2011-10-01T17:45+0545',
    '2011-09-30T23:30:00-05:00',
    '2011-10-01T00:00:00.0001+14:00',
    '2011-09-31',
    '2011-02-29T12:00:00Z',
    '2011-10-01T24:00:00Z',
    '2011-10-01T12:00:00+15:00',
  ],
];
/** Times as people and programs write them, some of which are none. */
const wholeNumber = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
const date = fc
  .tuple(
    fc.constantFrom('2011', '2011', '2011', '2012', '1900', '2000', '0001', '9999'),
    fc.oneof(fc.constantFrom('09', '10'), wholeNumber(13)),
    fc.oneof(fc.constantFrom('01', '30'), wholeNumber(32)),
    fc.oneof(
      fc.constant(''),
      fc.tuple(wholeNumber(24), wholeNumber(60)).map(([h, m]) => `T${h}:${m}`),
    ),
    fc.constantFrom('', '', ':00', ':59', ':60', ':30.5', ':30.0009', ':00.'),
    fc.oneof(
      fc.constantFrom('', 'Z', 'z', ' +01:00', '+1:00', '-14:59', '+15:00'),
      fc
        .tuple(fc.constantFrom('+', '-'), wholeNumber(15), fc.constantFrom(':', ''), wholeNumber(60))
        .map((parts) => parts.join('')),
    ),
  )
  .map(([year, month, day, time, seconds, zone]) =>
    [year, '-', month, '-', day, time, ...(time === '' && day !== '30' ? [] : [seconds, zone])].join(''),
  );
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

export const text = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...texts) }, date);
export const number = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...numbers) },
  fc.integer({ min: -20, max: 20 }),
);
export const scalar = fc.oneof(text, number, fc.boolean());
export const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.constant(null),
  fc.array(scalar, { maxLength: 3 }),
  fc.constant({ a: 'a' }),
);
export const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b') }, fc.constantFrom(...keys));
export const type = fc.constantFrom('order', 'view', "o'; --");
export const campaign = fc.constantFrom('spring', "o'", 'a');
export const variant = fc.constantFrom('A', 'B');
