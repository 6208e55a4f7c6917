import { describe, expect, test } from 'vitest';
import { parseServers, serverNames } from '../../src/delivery/server-list.ts';
import { transportOver } from '../../src/delivery/server-pool.ts';
import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import type { Transport } from '../../src/delivery/transport.ts';
import { deliver, downOf, letter, opened, scripted, slotOf, tick } from './wire.ts';

/** A circuit that lets us try again at once, so that no test waits for it. */
const eager = { circuit: { now: () => Date.now() * 1e6, random: Math.random } };

function pool(...servers: readonly [port: number, weight: number, connections?: number][]): Transport {
  return transportOver(
    servers.map(([port, weight, connections = 2]) => ({
      transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${port}`, connections), eager),
      weight,
    })),
  );
}

const closedPort = async () => {
  const box = await opened();
  await box.close();
  return box.port;
};

describe('several servers', () => {
  test('share letters by weight', async () => {
    const [one, two] = [await opened(), await opened()];
    const transport = pool([one.port, 3], [two.port, 1]);
    while (transport.features()?.eightBitMime !== true) (await slotOf(transport)).release();
    const before = [one.received.length, two.received.length];
    for (let index = 0; index < 40; index++) await deliver(transport, letter());
    expect(before).toEqual([0, 0]);
    expect(Math.abs(one.received.length - 30)).toBeLessThanOrEqual(1);
    expect(one.received.length + two.received.length).toBe(40);
    await transport.close();
  });

  test('share letters by weight though one of them takes many in a row', async () => {
    const [one, two] = [await opened(), await opened({ hidePIPELINING: true })];
    const transport = pool([one.port, 1], [two.port, 1]);
    while (transport.features()?.eightBitMime !== true) (await slotOf(transport)).release();
    for (let delivered = 0; delivered < 80; ) {
      const slot = await slotOf(transport);
      for (let isFirst = true; isFirst || slot.mayGoOn(); isFirst = false) {
        await slot.deliver(letter());
        delivered += 1;
      }
      slot.release();
    }
    expect(Math.abs(one.received.length - two.received.length)).toBeLessThanOrEqual(8);
    await transport.close();
  });

  test('one that asks for fewer letters is left alone, and the others are not slowed down', async () => {
    let busy = 0;
    const full = await opened({
      onMailFrom: (_address, _session, callback) => {
        busy += 1;
        callback(Object.assign(new Error('4.7.0 too many connections from you'), { responseCode: 421 }));
      },
    });
    const free = await opened();
    let now = 0;
    const transport = transportOver(
      [full, free].map(({ port }) => ({
        transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${port}`, 2), eager),
        weight: 1,
      })),
      () => now,
    );
    while (transport.features()?.eightBitMime !== true) {
      (await slotOf(transport)).release();
      await tick();
    }
    const outcomes = [];
    for (let index = 0; index < 40; index++) outcomes.push(await deliver(transport, letter()));
    const refused = outcomes.filter(({ kind }) => kind !== 'accepted');
    expect(refused).toMatchObject([{ kind: 'deferred', code: 421, heeded: true }]);
    expect([busy, free.received.length]).toEqual([1, 39]);
    now = 6000;
    for (let index = 0; index < 40; index++) {
      await deliver(transport, letter());
      await new Promise((later) => setTimeout(later, 5));
    }
    expect(busy).toBe(2);
    now = 12_000;
    for (let index = 0; index < 40; index++) await deliver(transport, letter());
    expect(busy, 'left alone for longer').toBe(2);
    await transport.close();
  });

  test('one that is down is left out, and comes back', async () => {
    const [up, dead] = [await opened(), await closedPort()];
    const transport = pool([dead, 100], [up.port, 1]);
    for (let index = 0; index < 5; index++) {
      expect(await deliver(transport, letter())).toMatchObject({ kind: 'accepted' });
    }
    expect(up.received.length).toBe(5);
    await transport.close();
  });

  test('one that greets nobody holds nothing up', async () => {
    const [up, mute] = [await opened(), await scripted(() => ({ greeting: 'stall' }))];
    const transport = transportOver([
      { transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${mute.port}?timeout=1`, 2)), weight: 9 },
      { transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${up.port}`, 2)), weight: 1 },
    ]);
    for (let index = 0; index < 20; index++) await deliver(transport, letter());
    expect(up.received.length).toBe(20);
    await transport.close();
  });

  test('down as a whole only when all are', async () => {
    const transport = pool([await closedPort(), 1], [await closedPort(), 2]);
    expect(await downOf(transport)).toMatchObject({ kind: 'down', stage: 'connect' });
    await transport.close();
    expect(await downOf(transport)).toMatchObject({ reason: 'stopped' });
  });

  test('connections are those of all; who waits gets the next that is released, or the news of its abort', async () => {
    const [one, two] = [await opened(), await opened()];
    const transport = pool([one.port, 1, 1], [two.port, 1, 1]);
    expect(transport.concurrency).toBe(2);
    const held = [await slotOf(transport), await slotOf(transport)];
    const abort = new AbortController();
    const [first, second, third] = [
      transport.slot(abort.signal),
      transport.slot(),
      transport.slot(abort.signal),
    ];
    await tick();
    abort.abort();
    expect(await first).toMatchObject({ reason: 'stopped' });
    expect(await third).toMatchObject({ reason: 'stopped' });
    held[0]?.release();
    held[0]?.release();
    const got = await second;
    expect(got.kind).toBe('slot');
    if (got.kind === 'slot') got.release();
    held[1]?.release();
    await transport.close();
  });
});

describe('SMTP_URL with several servers', () => {
  test('is split at spaces and commas before a scheme, with weights', () => {
    const text =
      'smtp://u:a,b@one.example?weight=3&connections=4, smtps://two.example:4650\nsmtp://three.example';
    expect(
      parseServers(text, 10).map(({ settings, weight, name }) => [
        settings.host,
        settings.port,
        settings.connections,
        settings.auth?.pass,
        weight,
        name,
      ]),
    ).toEqual([
      ['one.example', 587, 4, 'a,b', 3, 'one.example'],
      ['two.example', 4650, 10, undefined, 1, 'two.example:4650'],
      ['three.example', 587, 10, undefined, 1, 'three.example'],
    ]);
    expect(serverNames(text)).toBe('one.example, two.example:4650, three.example');
  });

  test.each(['weight=0', 'weight=x', 'weight=1&weight=2', 'weight=1001'])('%s is refused', (option) => {
    expect(() => parseServers(`smtp://u:secret@one.example?${option}`, 1)).toThrow('weight of one.example');
  });
});
