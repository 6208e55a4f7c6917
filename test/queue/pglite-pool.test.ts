import { runMigrations } from 'bullmq';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PglitePool } from '../../src/queue/pglite-pool.ts';
import { pgliteImage, until } from './harness.ts';

describe('PglitePool', () => {
  let pool: PglitePool;
  const count = async (where = 'true') =>
    Number((await pool.query<{ n: string }>(`SELECT count(*) AS n FROM note WHERE ${where}`)).rows[0]?.n);

  beforeEach(async () => {
    pool = await PglitePool.open({ image: await pgliteImage() });
    await pool.query('CREATE TABLE note (id int PRIMARY KEY, writer text)');
  });
  afterEach(() => pool.end());

  test('answers like pg: text, parameters, bigint as text, json parsed, errors with code and detail', async () => {
    const { rows } = await pool.query(`SELECT $1::text AS a, 5::bigint AS b, '{"x":[1]}'::jsonb AS c`, [
      'é\0'.slice(0, 1),
    ]);
    expect(rows).toEqual([{ a: 'é', b: '5', c: { x: [1] } }]);
    await pool.query('INSERT INTO note VALUES ($1, $2)', [900, 'x']);
    await expect(pool.query('INSERT INTO note VALUES ($1, $2)', [900, 'x'])).rejects.toMatchObject({
      code: '23505',
      detail: expect.stringContaining('already exists'),
    });
    await expect(pool.query('SELEKT')).rejects.toMatchObject({ code: '42601' });
    expect((await pool.query('SELECT 1 AS a; SELECT 2 AS a')).rows).toEqual([{ a: 2 }]);
  });

  test('a transaction keeps the session: others wait and see it whole or not at all', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()];
    await one.query('BEGIN');
    await one.query('INSERT INTO note VALUES ($1, $2)', [1, 'one']);
    const order: string[] = [];
    const asides = [
      two.query('INSERT INTO note VALUES ($1, $2)', [2, 'two']).then(() => order.push('two')),
      count(`writer = 'one'`).then((n) => order.push(`the pool saw ${n} of one`)),
    ];
    await one.query('INSERT INTO note VALUES ($1, $2)', [3, 'one']);
    expect(order).toEqual([]);
    await one.query('ROLLBACK').then(() => order.push('rolled back'));
    await Promise.all(asides);
    expect(order[0]).toBe('rolled back');
    expect(order.slice(1).toSorted()).toEqual(['the pool saw 0 of one', 'two']);
    expect(await count(`writer = 'one'`)).toBe(0);
    one.release();
    two.release();
  });

  test('statements of one client run in the order they were asked for, awaited or not', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()];
    const ids = (from: number) => [from, from + 1, from + 2];
    await Promise.all(
      [one, two].flatMap((client, index) => [
        client.query('BEGIN'),
        ...ids(10 * index).map((id) => client.query('INSERT INTO note VALUES ($1, $2)', [id, `${index}`])),
        client.query(index === 0 ? 'ROLLBACK' : 'COMMIT'),
      ]),
    );
    expect(await count()).toBe(3);
    expect(await count(`writer = '1'`)).toBe(3);
    one.release();
    two.release();
  });

  test('an error inside a transaction is rolled back, and the session is free again', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO note VALUES (1, $1)', ['lost']);
    await expect(client.query('INSERT INTO note VALUES (1, $1)', ['twice'])).rejects.toMatchObject({
      code: '23505',
    });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    // COMMIT of a failed transaction is a ROLLBACK, and ends it all the same.
    await client.query('COMMIT');
    expect(await count()).toBe(0);
    client.release();
  });

  test('a client that is released inside a transaction leaves nothing behind', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO note VALUES (1, $1)', ['lost']);
    client.release();
    expect(await count()).toBe(0);
    await expect(client.query('SELECT 1')).rejects.toThrow('released');
    expect(() => client.release()).toThrow('released');
  });

  test('the pool itself refuses to hold a transaction open', async () => {
    await expect(pool.query('BEGIN')).rejects.toThrow('A transaction needs a client');
    expect(await count()).toBe(0);
  });

  test('transactions of many clients never mix', async () => {
    const script = fc.array(fc.constantFrom('COMMIT', 'ROLLBACK', 'error', 'release'), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        let next = 0;
        const kept: number[] = [];
        const work = steps.map(async (ends) => {
          const client = await pool.connect();
          const ids = [next++, next++];
          await client.query('BEGIN');
          for (const id of ids) await client.query('INSERT INTO note VALUES ($1, $2)', [id, ends]);
          if (ends === 'error') await client.query('SELECT 1/0').catch(() => client.query('ROLLBACK'));
          else if (ends !== 'release') await client.query(ends);
          if (ends === 'COMMIT') kept.push(...ids);
          client.release();
        });
        await Promise.all(work);
        const { rows } = await pool.query<{ id: number }>('SELECT id FROM note ORDER BY id');
        await pool.query('DELETE FROM note');
        expect(rows.map((row) => row.id)).toEqual(kept.toSorted((a, b) => a - b));
      }),
      { numRuns: 25 },
    );
  });

  test('a client hears the channels that it listens to, and only those', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()];
    const heard: string[] = [];
    one.on('notification', ({ channel, payload }) => heard.push(`one ${channel} ${payload}`));
    two.on('notification', ({ channel, payload }) => heard.push(`two ${channel} ${payload}`));
    await one.query('-- said in a comment first\nLISTEN jobs;');
    await two.query('LISTEN jobs');
    await two.query('listen "events"');
    await pool.query('SELECT pg_notify($1, $2)', ['jobs', 'a']);
    await pool.query('SELECT pg_notify($1, $2)', ['events', 'b']);
    await one.query('UNLISTEN jobs');
    await pool.query('SELECT pg_notify($1, $2)', ['jobs', 'c']);
    await two.query('UNLISTEN *');
    await pool.query('SELECT pg_notify($1, $2)', ['events', 'd']);
    await one.query('LISTEN jobs');
    two.release();
    await pool.query('SELECT pg_notify($1, $2)', ['jobs', 'e']);
    await until(() => heard.length >= 5);
    expect(heard.toSorted()).toEqual([
      'one jobs a',
      'one jobs e',
      'two events b',
      'two jobs a',
      'two jobs c',
    ]);
    one.release();
  });

  test('a notification is heard when its transaction commits, and not when it does not', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()];
    const heard: string[] = [];
    one.on('notification', ({ payload }) => heard.push(String(payload)));
    await one.query('LISTEN jobs');
    for (const [end, payload] of [
      ['ROLLBACK', 'never'],
      ['COMMIT', 'now'],
    ] as const) {
      await two.query('BEGIN');
      await two.query('SELECT pg_notify($1, $2)', ['jobs', payload]);
      await two.query(end);
    }
    await until(() => heard.length > 0);
    expect(heard).toEqual(['now']);
    one.release();
    two.release();
  });

  test('memory does not fill up: what is dead is cleaned away as work goes on', async () => {
    const small = await PglitePool.open({ image: await pgliteImage(), cleanEvery: 100 });
    await small.query('CREATE TABLE job (id int PRIMARY KEY, data text)');
    const size = async () =>
      Number((await small.query<{ n: string }>(`SELECT pg_total_relation_size('job') AS n`)).rows[0]?.n);
    const work = async (from: number) => {
      for (let id = from; id < from + 50; id += 1) {
        await small.query(
          `INSERT INTO job SELECT g, repeat('x', 400) FROM generate_series($1::int, $2::int) g`,
          [id * 100, id * 100 + 99],
        );
        await small.query('DELETE FROM job');
      }
    };
    await work(0);
    const after = await size();
    for (const from of [50, 100, 150]) await work(from);
    expect(await size()).toBeLessThan(2 * after);
    await small.end();
  });

  test('two that migrate at once do not disturb each other', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()];
    const versions = await Promise.all([one, two].map((client) => runMigrations(client)));
    expect(versions[0]).toBe(versions[1]);
    one.release();
    two.release();
  });

  test('end lets what was asked for finish, refuses the rest, and may be called again', async () => {
    const closing = await PglitePool.open({ image: await pgliteImage() });
    const client = await closing.connect();
    const last = [closing.query('SELECT 1 AS a'), client.query('BEGIN'), client.query('SELECT 2 AS a')];
    const ended = [closing.end(), closing.end()];
    expect((await Promise.all(last)).map(({ rows }) => rows)).toEqual([[{ a: 1 }], [], [{ a: 2 }]]);
    await Promise.all(ended);
    const refusal = 'Cannot use a pool after calling end on the pool';
    await expect(closing.query('SELECT 1')).rejects.toThrow(refusal);
    await expect(client.query('SELECT 1')).rejects.toThrow(refusal);
    await expect(closing.connect()).rejects.toThrow(refusal);
  });
});
