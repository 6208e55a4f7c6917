import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { messageOf } from '../../src/errors.ts';
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
});
