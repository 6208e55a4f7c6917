import fc from 'fast-check';
import { stages } from '../../src/profiles/traits.ts';
import { ranked, traitKinds, traitNames } from '../../src/segments/trait-words.ts';
import { campaign, key, number, scalar, text, type, variant } from './arbitrary-values.ts';

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
const period = fc.constantFrom(
  ...['today', 'yesterday', 'tomorrow', 'this week', 'last month', 'next month', 'this quarter', 'last year'],
  ...['last 2 days', 'last 3 months', 'next 2 weeks', '2011', '2011-Q3', '2011-09', '2011-10-01'],
);
const zone = fc.constantFrom('Europe/Berlin', 'Pacific/Kiritimati', 'America/Sao_Paulo');
const windows = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  period.map((during) => ({ during })),
  fc.record({ during: period, zone }),
  fc.record({ after: moment, zone }),
  duration.map((within) => ({ within })),
  moment.map((before) => ({ before })),
  moment.map((after) => ({ after })),
  fc.record({ before: moment, after: moment }),
  fc.tuple(moment, moment).map((between) => ({ between })),
);
const oneWindow = fc.oneof(
  period.map((during) => ({ during })),
  fc.record({ during: period, zone }),
  fc.record({ between: fc.tuple(moment, moment), zone }),
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

const among = optional({ among: where });
const occurrence = fc
  .tuple(fc.constantFrom('first', 'last'), type, windows, optional({ where }), among)
  .map(([end, of, ...parts]) => Object.assign({ [end]: of }, ...parts));

const gap = optional({ within: duration });
const laterStep = fc
  .tuple(type, gap, optional({ where }))
  .map(([did, ...parts]) => Object.assign({ did }, ...parts));
const lastStep = fc
  .tuple(fc.constantFrom('did', 'didNot'), type, gap, optional({ where }))
  .map(([word, of, ...parts]) => Object.assign({ [word]: of }, ...parts));
const sequence = fc
  .tuple(
    fc.tuple(type, windows, optional({ where })).map(([did, ...parts]) => Object.assign({ did }, ...parts)),
    fc.array(laterStep, { maxLength: 1 }),
    lastStep,
  )
  .map(([first, between, last]) => ({ sequence: [first, ...between, last] }));

const share = fc.constantFrom<string | number>('10%', '50%', '0.5%', '33.33%', '100%', 1, 7, 1000);
const by = fc.oneof(
  fc.constantFrom(...ranked).map((trait) => ({ trait })),
  fc
    .tuple(
      type,
      windows,
      optional({ where }),
      fc.oneof(
        fc.constant({}),
        fc.record({ sum: fc.oneof(fc.record({ property: key }), fc.record({ property: key, times: key })) }),
        fc.record({ distinct: fc.record({ property: key }) }),
      ),
    )
    .map(([did, ...parts]) => Object.assign({ did }, ...parts)),
);
const rank = fc
  .tuple(fc.constantFrom('top', 'bottom'), share, by)
  .map(([end, size, ranking]) => ({ [end]: size, by: ranking }));

const fate = fc
  .tuple(
    fc.constantFrom('sent', 'opened', 'clicked', 'replied'),
    windows,
    optional({ campaign }),
    optional({ variant }),
  )
  .map(([word, ...parts]) => Object.assign({ letter: word }, ...parts));

const figures = fc.constantFrom(0, 1, 2, 3, 0.5, -2.55, 20, 100);
const traitOperators = {
  number: fc.oneof(
    fc
      .tuple(fc.constantFrom('is', 'isNot', 'gt', 'gte', 'lt', 'lte'), figures)
      .map(([word, n]) => ({ [word]: n })),
    fc
      .tuple(fc.constantFrom('in', 'notIn'), fc.array(figures, { minLength: 1, maxLength: 3 }))
      .map(([word, list]) => ({ [word]: list })),
    fc.boolean().map((exists) => ({ exists })),
  ),
  moment: fc.oneof(
    oneWindow,
    fc.boolean().map((exists) => ({ exists })),
  ),
  stage: fc.oneof(
    fc
      .tuple(fc.constantFrom('is', 'isNot'), fc.constantFrom(...stages))
      .map(([word, one]) => ({ [word]: one })),
    fc
      .tuple(fc.constantFrom('in', 'notIn'), fc.subarray([...stages], { minLength: 1 }))
      .map(([word, list]) => ({ [word]: list })),
  ),
};
const trait = fc
  .constantFrom(...traitNames)
  .chain((name) => traitOperators[traitKinds[name]].map((operator) => ({ trait: name, ...operator })));

const leaf = fc.oneof(
  { weight: 4, arbitrary: trait },
  { weight: 2, arbitrary: occurrence },
  { weight: 2, arbitrary: sequence },
  { weight: 2, arbitrary: rank },
  { weight: 2, arbitrary: fate },
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
