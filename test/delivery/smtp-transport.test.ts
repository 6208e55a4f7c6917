import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bigHtml } from './letters.ts';
import { deliver, downOf, letter, opened, scripted, slotOf, tick, transportTo } from './wire.ts';

describe('letters over kept connections', () => {
  test('50 at once over 10 connections arrive byte for byte', async () => {
    const box = await opened();
    const transport = transportTo(`smtp://127.0.0.1:${box.port}`, 10);
    const letters = Array.from({ length: 50 }, (_, n) =>
      letter(
        `Subject: ${n}\r\n\r\n${bigHtml(n).replaceAll('\n', '\r\n.\r\n..')}\r\n`,
        `reader-${n}@example.test`,
      ),
    );
    const outcomes = await Promise.all(letters.map((one) => deliver(transport, one)));
    expect(new Set(outcomes.map((outcome) => outcome.kind))).toEqual(new Set(['accepted']));
    expect(box.connections()).toBeLessThanOrEqual(10);
    const arrived = new Map(box.received.map((one) => [one.to, one]));
    expect(box.received).toHaveLength(50);
    for (const one of letters) expect(arrived.get(one.to)?.bytes.equals(one.bytes)).toBe(true);
  });

  test('dots and line ends survive, wherever they stand', async () => {
    const box = await opened();
    const transport = transportTo(`smtp://127.0.0.1:${box.port}`);
    const body = fc.array(fc.constantFrom('.', '..', '\r\n', '\r\n.\r\n', 'a', 'é', ' ', '\r\n.'), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(body, async (pieces) => {
        const one = letter(`Subject: x\r\n\r\n${pieces.join('')}\r\n`);
        expect((await deliver(transport, one)).kind).toBe('accepted');
        expect(box.received.pop()?.bytes.equals(one.bytes)).toBe(true);
      }),
    );
    expect(box.connections()).toBe(1);
  });

  test('a connection is closed after maxLetters', async () => {
    const box = await opened();
    const transport = transportTo(`smtp://127.0.0.1:${box.port}?maxLetters=2`);
    for (let n = 0; n < 5; n++) await deliver(transport, letter());
    expect(box.connections()).toBe(3);
    expect(box.mostOpen()).toBe(1);
  });

  test('an idle connection is closed, and the next letter opens another', async () => {
    const { server, port } = await scripted();
    const transport = transportTo(`smtp://127.0.0.1:${port}`, 1, { idle: 1 });
    await deliver(transport, letter());
    while (server.open.size > 0) await tick();
    expect(server.commands.at(-1)).toBe('QUIT');
    expect((await deliver(transport, letter())).kind).toBe('accepted');
    expect(server.connections).toBe(2);
  });

  test('no more connections than allowed; who waits is served in turn', async () => {
    const box = await opened();
    const transport = transportTo(`smtp://127.0.0.1:${box.port}?connections=2`, 10);
    expect(transport.concurrency).toBe(2);
    const held = [await slotOf(transport), await slotOf(transport)];
    let served = 0;
    const waiting = [1, 2, 3].map(async () => {
      const slot = await slotOf(transport);
      served++;
      slot.release();
    });
    await tick();
    expect(served).toBe(0);
    for (const slot of held) slot.release();
    await Promise.all(waiting);
    expect(box.connections()).toBe(2);
  });
});

test('8BITMIME is learned from the answer to EHLO', async () => {
  const [yes, no] = [await opened(), await opened({ hide8BITMIME: true })];
  for (const [box, expected] of [
    [yes, true],
    [no, false],
  ] as const) {
    const transport = transportTo(`smtp://127.0.0.1:${box.port}`);
    expect(transport.features()).toBeUndefined();
    const slot = await slotOf(transport);
    expect(slot.features.eightBitMime).toBe(expected);
    expect(transport.features()?.eightBitMime).toBe(expected);
    slot.release();
  }
});

describe('a server that cannot be reached', () => {
  test('is not tried again at once, then with growing pauses, and then taken back', async () => {
    let now = 0;
    const { server, port } = await scripted((connection) =>
      connection < 2 ? { greeting: { say: '554 go away' } } : {},
    );
    const transport = transportTo(`smtp://127.0.0.1:${port}`, 3, {
      circuit: { now: () => now, random: () => 1 },
    });
    expect(await downOf(transport)).toMatchObject({
      reason: 'unreachable',
      stage: 'connect',
      code: 554,
      retryIn: 1000,
    });
    now = 999;
    expect(await downOf(transport)).toMatchObject({ reason: 'waiting', code: 554, retryIn: 1 });
    expect(server.connections).toBe(1);
    now = 1000;
    const answers = await Promise.all([transport.slot(), transport.slot(), transport.slot()]);
    expect(answers.map((answer) => answer.kind === 'down' && answer.reason).sort()).toEqual([
      'unreachable',
      'waiting',
      'waiting',
    ]);
    expect(server.connections).toBe(2);
    now = 3000;
    const slots = await Promise.all([slotOf(transport), slotOf(transport), slotOf(transport)]);
    expect(server.connections).toBe(5);
    for (const slot of slots) slot.release();
  });

  test.each([
    ['nobody listens', undefined],
    ['it hangs up before its greeting', { greeting: 'drop' }],
    ['it stalls before its greeting', { greeting: 'stall' }],
    ['it hangs up at EHLO', { ehlo: 'drop' }],
    ['it is too busy', { greeting: { sayAndClose: '421 4.3.2 busy' } }],
  ] as const)('%s: down at connect', async (_what, script) => {
    const { server, port } = await scripted(script ?? {});
    if (script === undefined) await server.close();
    const down = await downOf(transportTo(`smtp://127.0.0.1:${port}?timeout=0.3`, 5));
    expect(down).toMatchObject({ kind: 'down', reason: 'unreachable', stage: 'connect' });
    expect(down.response).not.toBe('');
    expect(down.retryIn).toBeGreaterThan(0);
  });

  test('but takes no more connections: those that are open go on', async () => {
    const { server, port } = await scripted((connection) =>
      connection === 0 ? {} : { greeting: { sayAndClose: '421 4.7.0 too many connections' } },
    );
    const transport = transportTo(`smtp://127.0.0.1:${port}`, 3);
    const first = await slotOf(transport);
    expect(await downOf(transport)).toMatchObject({ code: 421 });
    const waiting = slotOf(transport);
    first.release();
    const second = await waiting;
    expect((await second.deliver(letter())).kind).toBe('accepted');
    second.release();
    expect(server.connections).toBe(2);
  });
});

describe('stopping', () => {
  test('letters in flight finish, who waits is told, and all connections are closed', async () => {
    const { server, port } = await scripted();
    const transport = transportTo(`smtp://127.0.0.1:${port}`);
    const slot = await slotOf(transport);
    const waiting = transport.slot();
    const closed = Promise.all([transport.close(), transport.close()]);
    expect(await waiting).toMatchObject({ kind: 'down', reason: 'stopped' });
    expect(await transport.slot()).toMatchObject({ kind: 'down', reason: 'stopped' });
    expect((await slot.deliver(letter())).kind).toBe('accepted');
    slot.release();
    await closed;
    expect(server.commands.at(-1)).toBe('QUIT');
  });

  test('a server that does not answer QUIT holds nothing up for long', async () => {
    const { port } = await scripted({ quit: 'stall' });
    const transport = transportTo(`smtp://127.0.0.1:${port}`);
    (await slotOf(transport)).release();
    await transport.close();
  });

  test('a signal takes its caller out of the line, and leaves no listener behind', async () => {
    const box = await opened();
    const transport = transportTo(`smtp://127.0.0.1:${box.port}`);
    const slot = await slotOf(transport);
    const controller = new AbortController();
    const waiting = transport.slot(controller.signal);
    controller.abort();
    expect(await waiting).toMatchObject({ kind: 'down', reason: 'stopped' });
    expect(await transport.slot(controller.signal)).toMatchObject({ reason: 'stopped' });
    const patient = new AbortController();
    const next = transport.slot(patient.signal);
    slot.release();
    slot.release();
    const second = await next;
    expect(getEventListeners(patient.signal, 'abort')).toHaveLength(0);
    if (second.kind === 'slot') second.release();
    await expect(slot.deliver(letter())).rejects.toThrow('released');
  });
});
