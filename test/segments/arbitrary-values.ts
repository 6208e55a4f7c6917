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

export const text = fc.constantFrom(...texts);
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
