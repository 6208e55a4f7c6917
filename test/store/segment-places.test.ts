import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { segmentPhrases } from '../../src/store/segment-phrases.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('the value at a place', (open) => {
  test('is that of the list in its order, from either end', async () => {
    const store = await open();
    // In the text, since SQLite binds numbers as doubles and PostgreSQL guesses their types.
    const whole = (number: number) => sql.raw(String(number));
    const at = async (values: readonly number[], end: 'top' | 'bottom', place: number) => {
      const rows = await store.rows<{ value: number }>(sql`
        WITH given (value) AS ${store.phrases.numbers(values)},
          ranked AS MATERIALIZED (SELECT CAST(value AS double precision) AS value FROM given),
          counted AS MATERIALIZED (SELECT ${whole(values.length)} AS n, ${whole(place)} AS place)
        ${segmentPhrases(store.phrases).atPlace(end)}`);
      return rows.map((row) => row.value);
    };
    const lists = fc.array(fc.integer({ min: -50, max: 5000 }), { minLength: 1, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(lists, fc.nat(), async (values, some) => {
        const place = 1 + (some % values.length);
        const sorted = values.toSorted((a, b) => a - b);
        expect(await at(values, 'bottom', place)).toEqual([sorted[place - 1]]);
        expect(await at(values, 'top', place)).toEqual([sorted.at(-place)]);
      }),
      { numRuns: 150 },
    );
    expect(await at([], 'top', 0)).toEqual([]);
  });
});
