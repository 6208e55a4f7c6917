import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { messageOf } from '../../src/errors.ts';
import type { RowStatement } from '../../src/store/database.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('a query that fails', (open) => {
  test('is told of by what the database says, not by what it was about', async () => {
    const store = await open();
    const { suppressions } = store.tables;
    const values = { address: 'ada@example.test', reason: 'complained', source: 'a test', at: Date.now() };
    await store.orm.insert(suppressions).values(values);
    const failed = await store.orm
      .insert(suppressions)
      .values(values)
      .then(() => '', messageOf);
    expect(failed).toMatch(/unique/i);
    expect(failed).not.toContain('ada@example.test');
    expect(failed).not.toMatch(/insert into/i);
    const byHand = await store
      .run(
        sql`INSERT INTO suppressions (address, reason, source, at) VALUES ('ada@example.test', 'x', 'x', 1)`,
      )
      .then(() => '', messageOf);
    expect(byHand).toMatch(/unique/i);
    expect(byHand).not.toContain('ada@example.test');
  });

  test('is one that speaks of what its row does not have: nothing is stored in its place', async () => {
    const store = await open();
    const { suppressions } = store.tables;
    await store.orm.insert(suppressions).values({ address: 'a@x.test', reason: 'x', source: 'kept', at: 1 });
    const mistaken: RowStatement = {
      columns: { address: 'text' },
      body: (_, row) => sql`UPDATE suppressions SET source = ${row.of('source')} ${row.from()}
        WHERE suppressions.address = ${row.of('address')}`,
    };
    await expect(store.forEach(mistaken, [['a@x.test']])).rejects.toThrow();
    expect((await store.orm.select().from(suppressions)).map(({ source }) => source)).toEqual(['kept']);
  });
});
