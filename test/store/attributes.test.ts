import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/profiles/json.ts';
import { attributeStore } from '../../src/store/attributes.ts';
import type { Store } from '../../src/store/database.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';

async function keep(store: Store, all: readonly JsonObject[]) {
  const changes = all.map((attributes, index) => ({
    email: `p${index}@example.com`,
    attributes,
    consents: [],
  }));
  await profileStore(store).upsertMany(changes, 1);
  return attributeStore(store);
}

onEveryStore('attributes', (open) => {
  test('are listed with types, how many have them, and common values', async () => {
    const store = await open();
    const attributes = await keep(store, [
      { city: 'Köln', points: 1.5, vip: true, since: '2026-11-30', tags: ['a', 'b'], home: { zip: '01067' } },
      { city: 'Köln', points: 1e21, vip: false, since: '2026-11-30T08:00:00Z' },
      { city: 'Bonn', points: 'many', vip: true },
      { city: 'Aachen', points: 1.5 },
      {},
    ]);
    const survey = await attributes.survey(2);
    expect(survey.profiles).toBe(5);
    expect(survey.attributes).toEqual([
      {
        name: 'city',
        filled: 4,
        types: [{ type: 'text', count: 4 }],
        distinct: 3,
        common: [
          { type: 'text', value: 'Köln', count: 2 },
          { type: 'text', value: 'Aachen', count: 1 },
        ],
      },
      {
        name: 'home',
        filled: 1,
        types: [{ type: 'object', count: 1 }],
        distinct: 1,
        common: [{ type: 'object', value: expect.stringMatching(/^\{"zip": ?"01067"\}$/), count: 1 }],
      },
      {
        name: 'points',
        filled: 4,
        types: [
          { type: 'number', count: 3 },
          { type: 'text', count: 1 },
        ],
        distinct: 3,
        common: [
          { type: 'number', value: '1.5', count: 2 },
          { type: 'number', value: '1e+21', count: 1 },
        ],
      },
      {
        name: 'since',
        filled: 2,
        types: [{ type: 'date', count: 2 }],
        distinct: 2,
        common: [
          { type: 'date', value: '2026-11-30', count: 1 },
          { type: 'date', value: '2026-11-30T08:00:00Z', count: 1 },
        ],
      },
      {
        name: 'tags',
        filled: 1,
        types: [{ type: 'list', count: 1 }],
        distinct: 1,
        common: [{ type: 'list', value: expect.stringMatching(/^\["a", ?"b"\]$/), count: 1 }],
      },
      {
        name: 'vip',
        filled: 3,
        types: [{ type: 'boolean', count: 3 }],
        distinct: 2,
        common: [
          { type: 'boolean', value: 'true', count: 2 },
          { type: 'boolean', value: 'false', count: 1 },
        ],
      },
    ]);
    expect((await attributes.survey(5, 'points')).attributes).toMatchObject([
      { name: 'points', common: { length: 3 } },
    ]);
    expect((await attributes.survey(5, 'nothing')).attributes).toEqual([]);
  });

  test('what no calendar has is a text', async () => {
    const store = await open();
    const attributes = await keep(store, [
      { since: '2024-02-29' },
      { since: '2026-11-30T23:30:00-05:00' },
      { since: '2025-02-30' },
      { since: '2025-02-30T12:00:00Z' },
      { since: '2026-11-30T' },
    ]);
    expect((await attributes.survey(1)).attributes[0]?.types).toEqual([
      { type: 'text', count: 3 },
      { type: 'date', count: 2 },
    ]);
  });

  test('nobody has any, and names and values that try to break out', async () => {
    const store = await open();
    expect(await attributeStore(store).survey(3)).toEqual({ profiles: 0, attributes: [] });
    const name = `'; DROP TABLE profiles; -- "$.a"`;
    const attributes = await keep(store, [{ [name]: '😀'.repeat(300), a: '', 'a.b': '{"x":1}' }]);
    const survey = await attributes.survey(1);
    expect(survey.attributes.map((one) => one.name)).toEqual([name, 'a', 'a.b']);
    expect(survey.attributes[0]?.common).toEqual([{ type: 'text', value: '😀'.repeat(200), count: 1 }]);
    expect(survey.attributes[1]?.common).toEqual([{ type: 'text', value: '', count: 1 }]);
    expect((await attributes.survey(1, name)).attributes).toHaveLength(1);
  });
});
