import { describe, expect, test } from 'vitest';
import type { Subject } from '../../src/segments/evaluate.ts';
import { resolveRule } from '../../src/segments/resolve.ts';
import { parseRule } from '../../src/segments/rule.ts';
import { type CampaignBook, warningsAbout } from '../../src/segments/warnings.ts';
import type { Store } from '../../src/store/database.ts';
import { wordStore } from '../../src/store/words.ts';
import { NOW } from '../segments/arbitrary-subjects.ts';
import { onEveryStore } from '../stores.ts';
import { insert } from './subjects.ts';

const noCampaigns: CampaignBook = { names: async () => [], variantsOf: async () => undefined };
const customer = (attributes: Record<string, unknown>, events: Subject['events'] = []): Subject => ({
  profile: { id: 0, email: undefined, attributes },
  events,
});

onEveryStore('warnings about words that nothing has', (open) => {
  async function filled(subjects: readonly Subject[]): Promise<Store> {
    const store = await open();
    await insert(store, subjects);
    return store;
  }
  const messages = async (store: Store, written: unknown, campaigns = noCampaigns) => {
    const rule = resolveRule(parseRule(written, 'rule'), new Map());
    const warnings = await warningsAbout(rule, { words: wordStore(store), campaigns });
    return warnings.map(({ message }) => message);
  };

  test('name attributes, types of events and properties, and guess', async () => {
    const store = await filled([
      customer({ plan: 'gold', 'a.b': 1, gone: null }),
      customer({ country: 'France' }, [
        { type: 'order', at: NOW, properties: { price: 1, quantity: 2 } },
        { type: 'view', at: NOW, properties: {} },
      ]),
    ]);
    expect(
      await messages(store, {
        all: [
          { attribute: 'plann', is: 'gold' },
          { attribute: 'plan', is: 'gold' },
          { attribute: 'a.b', is: 1 },
          { attribute: 'email', exists: true },
          { attribute: 'gone', exists: true },
          { attribute: 'lastOrder', within: '3d' },
          { not: { attribute: 'xyzxyz', is: 1 } },
        ],
      }),
    ).toEqual([
      'No customer has the attribute ‘plann’. Did you mean ‘plan’?',
      'No customer has the attribute ‘gone’.',
      'No customer has the attribute ‘lastOrder’. It is a trait: write { "trait": "lastOrder", … }.',
      'No customer has the attribute ‘xyzxyz’.',
    ]);
    expect(
      await messages(store, {
        any: [
          { did: 'ordr', where: { property: 'whatever', is: 1 } },
          {
            did: 'order',
            where: { all: [{ property: 'pricee', gt: 1 }, { not: { property: 'price', gt: 1 } }] },
          },
          { did: 'order', sum: { property: 'prise', times: 'quantitty', gt: 1 } },
          { did: 'order', distinct: { property: 'quantity', atLeast: 1 } },
          { first: 'vew', among: { property: 'x', is: 1 } },
          { sequence: [{ did: 'view' }, { didNot: 'oder', within: '3d' }] },
          { top: 10, by: { did: 'order', sum: { property: 'totl' } } },
          { didNot: 'opened' },
          { did: 'opend' },
        ],
      }),
    ).toEqual([
      'No event of the type ‘ordr’ is stored. Did you mean ‘order’?',
      'No event of the type ‘vew’ is stored. Did you mean ‘view’?',
      'No event of the type ‘oder’ is stored. Did you mean ‘order’?',
      'No event of the type ‘opend’ is stored. Did you mean ‘opened’?',
      'No event ‘order’ has the property ‘pricee’. Did you mean ‘price’?',
      'No event ‘order’ has the property ‘prise’. Did you mean ‘price’?',
      'No event ‘order’ has the property ‘quantitty’. Did you mean ‘quantity’?',
      'No event ‘order’ has the property ‘totl’.',
    ]);
  });

  test('an attribute of one among many is found, and so is a property', async () => {
    const store = await open();
    const { profiles } = store.tables;
    for (let from = 0; from < 12_000; from += 1000) {
      const rows = Array.from({ length: 1000 }, (_, index) => ({
        attributes: from + index === 6500 ? { rare: true } : { common: 1 },
        createdAt: NOW,
        updatedAt: NOW,
      }));
      await store.orm.insert(profiles).values(rows);
    }
    const { events } = store.tables;
    for (let from = 0; from < 3000; from += 500) {
      const rows = Array.from({ length: 500 }, (_, index) => ({
        key: `k${from + index}`,
        profileId: 1,
        type: 'order',
        at: NOW + from + index,
        properties: from + index === 0 ? { old: 1 } : { total: 1 },
        receivedAt: NOW,
      }));
      await store.orm.insert(events).values(rows);
    }
    const rule = {
      all: [
        { attribute: 'rare', is: true },
        { attribute: 'rarer', is: true },
        { did: 'order', where: { property: 'old', is: 1 } },
        { did: 'order', where: { property: 'total', is: 1 } },
      ],
    };
    expect(await messages(store, rule)).toEqual([
      'No customer has the attribute ‘rarer’.',
      'None of the newest 2,000 events ‘order’ has the property ‘old’.',
    ]);
  });

  test('tell of dates that are compared as texts', async () => {
    const store = await filled([
      customer({ since: '2026-11-30T08:00:00+02:00', plan: 'gold' }, [
        { type: 'order', at: NOW, properties: { due: '2026-11-30' } },
      ]),
    ]);
    const texts = (name: string, operator: string) =>
      `‘${name}’: ‘${operator}’ compares dates as texts, letter by letter. ` +
      'To compare moments write before, after, between, within or during.';
    const rule = {
      all: [
        { attribute: 'since', gt: '2026-11-29' },
        { attribute: 'since', is: '2026-11-30T06:00:00Z' },
        { attribute: 'since', gt: '2026-11-30' },
        { attribute: 'since', after: '2026-11-29' },
        { attribute: 'plan', gte: 'gold' },
        { attribute: 'plan', in: ['gold', '2026-11-30'] },
        {
          did: 'order',
          where: {
            any: [
              { property: 'due', lt: '2026-12-01T00:00:00Z' },
              { property: 'due', is: '2026-11-30' },
            ],
          },
        },
        { last: 'order', among: { not: { property: 'due', lte: '2026-12-01' } } },
        {
          sequence: [
            { did: 'order', where: { property: 'due', notIn: ['2026-12-01T00:00Z'] } },
            { did: 'order' },
          ],
        },
        { top: 10, by: { did: 'order', where: { property: 'due', gte: '2026-12-01' } } },
      ],
    };
    expect(await messages(store, rule)).toEqual([
      texts('since', 'gt'),
      texts('since', 'is'),
      texts('due', 'lt'),
      texts('due', 'lte'),
      texts('due', 'notIn'),
      texts('due', 'gte'),
    ]);
  });

  test('say nothing while nothing is stored, and not more than ten', async () => {
    const store = await open();
    const many = { any: Array.from({ length: 40 }, (_, n) => ({ attribute: `nothing ${n}`, is: 1 })) };
    expect(await messages(store, many)).toEqual([]);
    expect(await messages(store, { did: 'order' })).toEqual([]);
    await insert(store, [customer({})]);
    expect(await messages(store, many)).toHaveLength(10);
  });

  test('hostile names stay data', async () => {
    const store = await filled([customer({ a: 1 }, [{ type: 'order', at: NOW, properties: { a: 1 } }])]);
    for (const word of ["'; DROP TABLE profiles; --", '"', '$.a', '\\', '?', '__proto__', 'constructor']) {
      const rule = {
        all: [{ attribute: word, is: 1 }, { did: word }, { did: 'order', where: { property: word, is: 1 } }],
      };
      expect(await messages(store, rule)).toHaveLength(3);
    }
  });
});

describe('warnings about campaigns', () => {
  const campaigns: CampaignBook = {
    names: async () => ['spring', 'autumn'],
    variantsOf: async (name) =>
      name === 'spring' ? ['plain', 'coloured'] : name === 'autumn' ? ['one'] : undefined,
  };
  const words = {
    isEmpty: async () => false,
    attributesMissing: async () => [],
    attributeNames: async () => [],
    eventTypes: async () => [],
    propertiesOf: async () => ({ looked: 0, isAll: true, names: [] }),
  };
  test.each([
    [{ letter: 'opened', campaign: 'spring', variant: 'plain' }, []],
    [{ letter: 'opened', variant: 'one' }, []],
    [{ letter: 'opened', campaign: 'sprng' }, ['There is no campaign ‘sprng’. Did you mean ‘spring’?']],
    [
      { letter: 'opened', campaign: 'spring', variant: 'colored' },
      ['The campaign ‘spring’ has no variant ‘colored’. Did you mean ‘coloured’?'],
    ],
    [
      { letter: 'sent', campaign: 'autumn', variant: 'plain' },
      ['The campaign ‘autumn’ has no variant ‘plain’.'],
    ],
    [{ letter: 'sent', variant: 'plan' }, ['No campaign has a variant ‘plan’. Did you mean ‘plain’?']],
  ])('%j', async (rule, expected) => {
    const found = await warningsAbout(resolveRule(parseRule(rule, 'rule'), new Map()), { words, campaigns });
    expect(found.map(({ message }) => message)).toEqual(expected);
  });
});
