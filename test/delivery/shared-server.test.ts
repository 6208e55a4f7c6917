import { afterAll, expect, test } from 'vitest';
import { Seats } from '../../src/delivery/seats.ts';
import { parseServers } from '../../src/delivery/server-list.ts';
import { transportOver } from '../../src/delivery/server-pool.ts';
import { sharedServer } from '../../src/delivery/shared-server.ts';
import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import type { Transport } from '../../src/delivery/transport.ts';
import { permitStore } from '../../src/store/permits.ts';
import { onEveryStore } from '../stores.ts';
import { deliver, downOf, letter, opened } from './wire.ts';

const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const failed = (error: unknown) => {
  throw error;
};

onEveryStore('a server that takes a number of connections from all workers', (open) => {
  test('never gets more, and all letters arrive', async () => {
    const permits = permitStore(await open());
    const box = await opened();
    const workers = [1, 2].map(() => {
      const seats = new Seats({ permits, failed });
      const own = smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${box.port}`, 5));
      const transport = sharedServer(own, { name: 'a.example:25', total: 6, seats });
      return { seats, transport };
    });
    const send = async (transport: Transport) => {
      for (let left = 15; left > 0; left -= 1)
        expect(await deliver(transport, letter())).toMatchObject({ kind: 'accepted' });
    };
    await Promise.all(workers.flatMap(({ transport }) => [1, 2, 3, 4, 5, 6, 7].map(() => send(transport))));
    expect(box.received.length).toBe(2 * 7 * 15);
    expect(box.mostOpen()).toBeLessThanOrEqual(6);
    expect(box.mostOpen()).toBeGreaterThan(3);
    for (const { transport, seats } of workers) {
      await transport.close();
      await seats.close();
    }
  });

  test('gives one worker no more either, though it could have them', async () => {
    const permits = permitStore(await open());
    // After a refusal a connection is ready for the next letter only when it was reset.
    const box = await opened({
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('bob') ? new Error('unknown') : null),
    });
    const seats = new Seats({ permits, failed });
    const own = smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${box.port}`, 10));
    const transport = sharedServer(own, { name: 'a.example:25', total: 3, seats });
    const send = async () => {
      for (let left = 30; left > 0; left -= 1)
        await deliver(transport, letter(undefined, left % 2 === 0 ? 'bob@example.test' : 'ada@example.test'));
    };
    await Promise.all([1, 2, 3, 4, 5, 6].map(send));
    expect(box.received.length).toBe(90);
    expect(box.mostOpen()).toBe(3);
    await transport.close();
    await seats.close();
  });

  test('is down for a moment when others use them all, and others of a pool go on', async () => {
    const permits = permitStore(await open());
    const [box, other] = [await opened(), await opened()];
    const [one, two] = [new Seats({ permits, failed }), new Seats({ permits, failed })];
    one.of('server a.example:25', 2);
    await one.ask('server a.example:25', 2);
    const own = () => smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${box.port}`, 5));
    const share = { name: 'A.example:25', total: 2, seats: two };
    const alone = sharedServer(own(), share);
    expect(await downOf(alone)).toMatchObject({
      reason: 'shared',
      response: 'other workers use all of its 2 connections',
    });
    const pool = transportOver([
      { transport: sharedServer(own(), share), weight: 9 },
      { transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${other.port}`, 2)), weight: 1 },
    ]);
    for (let left = 5; left > 0; left -= 1) await deliver(pool, letter());
    expect([box.received.length, other.received.length]).toEqual([0, 5]);
    await one.close();
    for (const transport of [alone, pool]) await transport.close();
    await two.close();
  });
});

test('SMTP_URL says how many', () => {
  const [a, b] = parseServers('smtp://a.example?total=20&weight=2 smtp://b.example', 10);
  expect([a?.total, a?.weight, a?.settings.connections, b?.total]).toEqual([20, 2, 10, undefined]);
  expect(() => parseServers('smtp://a.example?total=0', 10)).toThrow('the total of a.example is no number');
});
