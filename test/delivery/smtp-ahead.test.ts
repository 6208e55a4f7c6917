import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Outcome, OutgoingLetter } from '../../src/delivery/transport.ts';
import type { Script, ScriptedServer } from './scripted-server.ts';
import { letter, scripted, slotOf, transportTo } from './wire.ts';

async function connected(script: Script | ((connection: number) => Script), extensions?: string[]) {
  const { server, port } = await scripted(script);
  if (extensions !== undefined) server.extensions = extensions;
  return { server, transport: transportTo(`smtp://127.0.0.1:${port}?tls=never`) };
}

const [first, second, third] = [1, 2, 3].map((number) =>
  letter(`Subject: no. ${number}\r\n\r\n`, `reader-${number}@example.test`),
) as [OutgoingLetter, OutgoingLetter, OutgoingLetter];

const subjects = ({ letters }: ScriptedServer) => letters.map((one) => /no\. \d/.exec(String(one))?.[0]);
const recipients = ({ commands }: ScriptedServer) =>
  commands.filter((one) => one.startsWith('RCPT')).map((one) => /\d/.exec(one)?.[0]);

/** The server has read everything that goes before the bytes of so many letters. */
const toldOf = (server: ScriptedServer, letters: number) =>
  vi.waitFor(() => expect(server.commands.filter((one) => one === 'DATA')).toHaveLength(letters));

/** A script for a server that does something else only when a second letter is offered. */
function atSecondMail(server: () => ScriptedServer, move: NonNullable<Script['mail']>): Script {
  const isFirst = () => server().commands.filter((one) => one.startsWith('MAIL')).length === 1;
  return Object.defineProperty({}, 'mail', { get: () => (isFirst() ? undefined : move) });
}

describe('a letter that is announced with the one before', () => {
  test('has its envelope right behind that one, and its bytes only when it is delivered', async () => {
    const { server, transport } = await connected({});
    const slot = await slotOf(transport);
    expect((await slot.deliver(first, second)).kind).toBe('accepted');
    await toldOf(server, 2);
    expect(server.chunks.join('')).toContain(`no. 1\r\n\r\n.\r\nMAIL FROM:<${second.from}>`);
    expect(server.chunks.join('')).not.toContain('no. 2');
    expect((await slot.deliver(second, third)).kind).toBe('accepted');
    expect((await slot.deliver(third)).kind).toBe('accepted');
    slot.release();
    expect([subjects(server), server.connections]).toEqual([['no. 1', 'no. 2', 'no. 3'], 1]);
    expect(server.commands.filter((one) => one === 'RSET')).toEqual([]);
  });

  test('is not announced where the server does not allow it, nor when it cannot be offered', async () => {
    const plain = await connected({}, ['8BITMIME']);
    const slot = await slotOf(plain.transport);
    await slot.deliver(first, second);
    expect([slot.mayGoOn(), recipients(plain.server)]).toEqual([false, ['1']]);
    slot.release();
    const small = await connected({}, ['PIPELINING', 'SIZE 60']);
    const other = await slotOf(small.transport);
    const long = letter(`Subject: ${'x'.repeat(100)}\r\n\r\n`);
    expect((await other.deliver(first, long)).kind).toBe('accepted');
    expect(await other.deliver(long)).toMatchObject({ kind: 'failed', code: 552 });
    expect((await other.deliver(third)).kind).toBe('accepted');
    other.release();
    expect([recipients(small.server), small.server.connections]).toEqual([['1', '3'], 1]);
  });

  test('never leaves when it is not delivered: the connection ends, another takes the next', async () => {
    const { server, transport } = await connected({});
    const slot = await slotOf(transport);
    await slot.deliver(first, second);
    await toldOf(server, 2);
    slot.release();
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    const next = await slotOf(transport);
    expect((await next.deliver(third)).kind).toBe('accepted');
    next.release();
    expect([subjects(server), server.connections]).toEqual([['no. 1', 'no. 3'], 2]);
    expect(server.chunks.join('')).not.toContain('QUIT');
  });

  test('gives way to another over a connection of its own', async () => {
    const stalling = (connection: number) => (connection === 0 ? atSecondMail(() => server, 'stall') : {});
    const { server, transport } = await connected(stalling);
    const slot = await slotOf(transport);
    await slot.deliver(first, second);
    expect((await slot.deliver(third)).kind).toBe('accepted');
    // It was ended here: that says nothing about the server.
    expect(slot.mayGoOn()).toBe(true);
    slot.release();
    expect([subjects(server), server.connections]).toEqual([['no. 1', 'no. 3'], 2]);
  });

  test('leaves though the one before was refused for what it is', async () => {
    const script: Script = { final: { say: '554 5.6.0 no' } };
    const { server, transport } = await connected(script);
    const slot = await slotOf(transport);
    expect(await slot.deliver(first, second)).toMatchObject({ kind: 'failed', stage: 'final' });
    delete script.final;
    expect((await slot.deliver(second)).kind).toBe('accepted');
    slot.release();
    expect([subjects(server), server.connections]).toEqual([['no. 2'], 1]);
  });

  test.each([
    ['ends the connection after the one before', { final: { sayAndClose: '250 2.0.0 taken' } }, 'accepted'],
    ['drops it before it answers', { final: 'drop' }, 'unknown'],
    ['closes with 421', { final: { say: '421 4.3.2 going down' } }, 'deferred'],
  ] as const)('goes over a fresh connection when the server %s', async (_what, script: Script, fate) => {
    const { server, transport } = await connected((connection) => (connection === 0 ? script : {}));
    const slot = await slotOf(transport);
    expect((await slot.deliver(first, second)).kind).toBe(fate);
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    expect((await slot.deliver(second)).kind).toBe('accepted');
    slot.release();
    expect([subjects(server).at(-1), server.connections]).toEqual(['no. 2', 2]);
  });

  test('goes over a fresh connection when the server has had enough, whenever that is said', async () => {
    for (const isAskedLate of [false, true]) {
      const script: Script = {};
      const { server, transport } = await connected((connection) => (connection === 0 ? script : {}));
      const slot = await slotOf(transport);
      script.final = { say: '250 2.0.0 taken\r\n421 4.7.0 enough for one connection' };
      expect((await slot.deliver(first, second)).kind).toBe('accepted');
      if (isAskedLate) await vi.waitFor(() => expect(server.open.size).toBe(0));
      expect((await slot.deliver(second)).kind).toBe('accepted');
      slot.release();
      expect(server.connections).toBe(2);
    }
  });

  test('goes over a fresh connection when the server gets tired of waiting for it', async () => {
    const { server, transport } = await connected({});
    const slot = await slotOf(transport);
    await slot.deliver(first, second);
    await toldOf(server, 2);
    for (const socket of server.open) socket.end('421 4.4.2 timeout\r\n');
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    expect((await slot.deliver(second)).kind).toBe('accepted');
    slot.release();
    expect([subjects(server), server.connections]).toEqual([['no. 1', 'no. 2'], 2]);
  });
});

describe('a server that does not understand what comes with the end of a letter', () => {
  const script = (server: () => ScriptedServer): Record<string, Script> => ({
    'loses it': { forgetful: true },
    'calls it an error': atSecondMail(server, { say: '554 5.5.0 improper command pipelining' }),
    'hangs up': { final: { sayAndClose: '250 2.0.0 taken' } },
  });

  test.each(['loses it', 'calls it an error', 'hangs up'])(
    '%s: the letter goes over a fresh connection, and no other is announced',
    async (what) => {
      const { server, port } = await scripted((connection) =>
        connection === 0 ? (script(() => server)[what] ?? {}) : {},
      );
      const transport = transportTo(`smtp://127.0.0.1:${port}?tls=never`, 1, { answersWithin: 200 });
      const slot = await slotOf(transport);
      expect(slot.mayGoOn()).toBe(true);
      expect((await slot.deliver(first, second)).kind).toBe('accepted');
      expect((await slot.deliver(second)).kind).toBe('accepted');
      expect(slot.mayGoOn()).toBe(false);
      slot.release();
      expect([subjects(server).at(-1), server.connections]).toEqual(['no. 2', 2]);
    },
  );

  test('is not one that has had enough letters for one connection', async () => {
    const script: Script = {};
    const { server, transport } = await connected((connection) => (connection === 0 ? script : {}));
    const slot = await slotOf(transport);
    await slot.deliver(first, second);
    script.final = { sayAndClose: '250 2.0.0 taken' };
    expect((await slot.deliver(second, third)).kind).toBe('accepted');
    expect((await slot.deliver(third)).kind).toBe('accepted');
    expect([slot.mayGoOn(), server.connections]).toEqual([true, 2]);
    slot.release();
  });
});

test('a slot is given back after some letters, so that others have their turn', async () => {
  const { transport } = await connected({});
  const slot = await slotOf(transport);
  let delivered = 1;
  while (slot.mayGoOn() && delivered < 100) {
    expect((await slot.deliver(first)).kind).toBe('accepted');
    delivered += 1;
  }
  slot.release();
  expect(delivered).toBe(8);
  const another = await slotOf(transport);
  expect(another.mayGoOn()).toBe(true);
  const waiting = transport.slot(undefined, true);
  expect(another.mayGoOn()).toBe(false);
  another.release();
  const last = await waiting;
  if (last.kind === 'slot') last.release();
});

test('letter after letter over one slot: the fate of each is what the server says to it, announced or not', async () => {
  const says = (...texts: string[]) =>
    fc.option(
      fc.constantFrom(...texts).map((say) => ({ say })),
      { nil: undefined, freq: 3 },
    );
  const moves = fc.record({
    mail: says('450 4.1.0 later', '550-5.7.1 not\r\n550 5.7.1 you'),
    rcpt: says('451 4.7.1 greylisted', '550 5.1.1 unknown'),
    data: says('452 4.3.1 full', '554 5.7.1 no'),
    final: says('451 4.7.1 later', '554-5.6.0 bad\r\n554 5.6.0 letter'),
    eager: fc.boolean(),
    isAnnounced: fc.boolean(),
    /** Whether what the server says to the envelope is there before anybody asks for it. */
    isAwaited: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(moves, { minLength: 2, maxLength: 6 }), async (all) => {
      const letters = all.map((_, number) => ({
        ...letter(`Subject: ${number}\r\n\r\n.\r\n`),
        from: `${number}@shop.example`,
      }));
      const { server, transport } = await connected(() => scriptOf(() => server, all));
      const slot = await slotOf(transport);
      for (const [number, one] of letters.entries()) {
        const next = all[number + 1];
        const outcome = await slot.deliver(one, next?.isAnnounced ? letters[number + 1] : undefined);
        expect([outcome.kind, 'stage' in outcome ? outcome.stage : undefined]).toEqual(fateOf(all[number]));
        if (next?.isAwaited) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      slot.release();
      const accepted = [...all.keys()].filter((number) => fateOf(all[number])[0] === 'accepted');
      expect(server.letters.map(String)).toEqual(accepted.map((one) => `Subject: ${one}\r\n\r\n.\r\n`));
      await transport.close();
      await server.close();
    }),
    { numRuns: 100 },
  );
});

type Moves = { readonly [Key in 'mail' | 'rcpt' | 'data' | 'final' | 'eager']?: Script[Key] | undefined };

/** What the server does is what is meant for the letter whose sender it heard of last. */
function scriptOf(server: () => ScriptedServer, moves: readonly Moves[]): Script {
  const now = () => {
    const mail = server().commands.findLast((command) => command.startsWith('MAIL'));
    return moves[Number(/<(\d+)@/.exec(mail ?? '')?.[1] ?? -1)] ?? {};
  };
  const script: Script = {};
  for (const key of ['mail', 'rcpt', 'data', 'final', 'eager'] as const) {
    Object.defineProperty(script, key, { get: () => now()[key] });
  }
  return script;
}

function fateOf(moves: Moves = {}): [Outcome['kind'], string | undefined] {
  for (const stage of ['mail', 'rcpt', 'data', 'final'] as const) {
    const move = moves[stage];
    if (move === undefined) continue;
    return [JSON.stringify(move).includes('"4') ? 'deferred' : 'failed', stage];
  }
  return ['accepted', undefined];
}
