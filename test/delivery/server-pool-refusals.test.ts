import { describe, expect, test } from 'vitest';
import { transportOver } from '../../src/delivery/server-pool.ts';
import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import type { Outcome, Transport } from '../../src/delivery/transport.ts';
import { deliver, letter, opened, slotOf, tick } from './wire.ts';

/** A circuit that lets us try again at once, so that no test waits for it. */
const eager = { circuit: { now: () => Date.now() * 1e6, random: Math.random } };

type Answer = readonly [code: number, text: string];

/** A server that refuses senders or readers as it is told, and counts what it was asked. */
async function server(rules: { mail?: () => Answer | undefined; rcpt?: (to: string) => Answer | undefined }) {
  const asked = { mail: 0, rcpt: 0 };
  const answerWith = (callback: (error?: Error) => void, refusal: Answer | undefined) =>
    refusal === undefined
      ? callback()
      : callback(Object.assign(new Error(refusal[1]), { responseCode: refusal[0] }));
  const box = await opened({
    onMailFrom: (_address, _session, callback) => {
      asked.mail += 1;
      answerWith(callback, rules.mail?.());
    },
    onRcptTo: ({ address }, _session, callback) => {
      asked.rcpt += 1;
      answerWith(callback, rules.rcpt?.(address));
    },
  });
  return { ...box, asked };
}

interface Pool {
  readonly transport: Transport;
  readonly aside: [name: string, response: string][];
  later(ms: number): Promise<void>;
}

/** A pool over the servers, all of them known to be up; its clock stands still. */
async function pool(ports: readonly number[], connections = 2): Promise<Pool> {
  let now = 0;
  const aside: [string, string][] = [];
  const transport = transportOver(
    ports.map((port) => ({
      name: String(port),
      transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${port}`, connections), eager),
      weight: 1,
    })),
    () => now,
    (name, response) => aside.push([name, response]),
  );
  const settle = async () => {
    for (let round = 0; round < 20; round += 1) {
      (await slotOf(transport)).release();
      await tick();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await settle();
  const later = async (ms: number) => {
    now += ms;
    await settle();
  };
  return { transport, aside, later };
}

async function deliverMany(transport: Transport, count: number, domains = 5): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let index = 0; index < count; index += 1)
    outcomes.push(await deliver(transport, letter('x\r\n', `reader-${index}@d${index % domains}.example`)));
  return outcomes;
}

const kinds = (outcomes: readonly Outcome[]) => [...new Set(outcomes.map(({ kind }) => kind))];

describe('one of several servers that refuses by a rule of its own', () => {
  test.each([
    ['each reader', { rcpt: (): Answer => [550, '5.7.1 relaying denied'] }],
    ['each reader, without a code', { rcpt: (): Answer => [550, 'relay not permitted'] }],
    ['the sender', { mail: (): Answer => [550, '5.7.1 you may not send from here'] }],
  ])('%s: others take its letters, and it is left alone', async (_what, rules) => {
    const [strict, free] = [await server(rules), await server({})];
    const { transport, aside, later } = await pool([strict.port, free.port]);
    const before = strict.asked.mail;
    expect(kinds(await deliverMany(transport, 60))).toEqual(['accepted']);
    expect(free.received).toHaveLength(60);
    expect(strict.asked.mail - before).toBe(10);
    expect(aside).toEqual([[String(strict.port), expect.stringContaining('550 ')]]);

    await later(6000);
    expect(kinds(await deliverMany(transport, 20))).toEqual(['accepted']);
    expect(strict.asked.mail - before, 'one try is enough now').toBe(11);
    await later(6000);
    await deliverMany(transport, 20);
    expect(strict.asked.mail - before, 'and left alone for longer').toBe(11);
    await transport.close();
  });

  test('and that takes letters again is one of them again', async () => {
    let isStrict = true;
    const strict = await server({ rcpt: () => (isStrict ? [550, '5.7.1 no relaying'] : undefined) });
    const free = await server({});
    const { transport, later } = await pool([strict.port, free.port]);
    await deliverMany(transport, 40);
    isStrict = false;
    await later(6000);
    await deliverMany(transport, 40);
    expect(strict.received.length).toBeGreaterThan(15);
    isStrict = true;
    const before = strict.asked.rcpt;
    await deliverMany(transport, 60);
    expect(strict.asked.rcpt - before).toBe(10);
    await transport.close();
  });

  test('some readers only: it goes on with the rest', async () => {
    const picky = await server({
      rcpt: (to) => (to.endsWith('@d1.example') ? [550, '5.7.1 no'] : undefined),
    });
    const free = await server({});
    const { transport, aside } = await pool([picky.port, free.port]);
    expect(kinds(await deliverMany(transport, 60))).toEqual(['accepted']);
    expect(aside).toEqual([]);
    expect(picky.received.length).toBeGreaterThan(15);
    await transport.close();
  });

  test('when all of them do, the letter is refused for good, and none is left alone', async () => {
    const rules = { rcpt: (): Answer => [550, '5.7.1 you are on a list'] };
    const [one, two] = [await server(rules), await server(rules)];
    const { transport, aside } = await pool([one.port, two.port]);
    expect(kinds(await deliverMany(transport, 30))).toEqual(['failed']);
    expect([one.asked.rcpt, two.asked.rcpt, aside]).toEqual([30, 30, []]);
    await transport.close();
  });

  test('when no other can be asked just now, the letter waits', async () => {
    const strict = await server({ rcpt: () => [550, '5.7.1 relaying denied'] });
    const dead = await server({});
    await dead.close();
    const { transport, aside } = await pool([strict.port, dead.port]);
    const outcomes = await deliverMany(transport, 10);
    expect(outcomes[0]).toEqual({
      kind: 'deferred',
      code: 550,
      response: '550 5.7.1 relaying denied',
      stage: 'rcpt',
      scope: 'server',
      heeded: true,
    });
    expect(kinds(outcomes)).toEqual(['deferred']);
    expect(aside).toHaveLength(1);
    expect(await transport.slot()).toMatchObject({ kind: 'down' });
    await transport.close();
  });

  test('what a server says of the letter, or of the mailbox, is final', async () => {
    const unknown = await server({ rcpt: () => [550, '5.1.1 no such user'] });
    const [other, third] = [await server({}), await opened({ size: 5 })];
    const refusing = await opened({
      onData: (stream, _session, callback) => {
        stream.resume();
        stream.on('end', () => callback(Object.assign(new Error('5.7.1 spam'), { responseCode: 554 })));
      },
    });
    const { transport } = await pool([unknown.port, unknown.port]);
    expect(kinds(await deliverMany(transport, 4))).toEqual(['failed']);
    expect(unknown.asked.rcpt).toBe(4);
    await transport.close();
    const mixed = await pool([refusing.port, other.port]);
    const outcomes = await deliverMany(mixed.transport, 20);
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toHaveLength(10);
    expect(other.received).toHaveLength(10);
    await mixed.transport.close();
    await third.close();
  });

  test('two that refuse while all connections are busy do not wait for each other', {
    timeout: 20_000,
  }, async () => {
    const rules = { rcpt: (): Answer => [550, '5.7.1 you are on a list'] };
    const [one, two] = [await server(rules), await server(rules)];
    const { transport } = await pool([one.port, two.port], 1);
    const slots = await Promise.all([slotOf(transport), slotOf(transport)]);
    const outcomes = await Promise.all(slots.map((slot) => slot.deliver(letter())));
    for (const outcome of outcomes) expect(['failed', 'deferred']).toContain(outcome.kind);
    for (const slot of slots) slot.release();
    await transport.close();
  });
});
