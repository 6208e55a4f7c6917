import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/delivery/transport.ts';
import type { Script } from './scripted-server.ts';
import { deliver, downOf, letter, scripted, slotOf, transportTo } from './wire.ts';

async function connected(script: Script | ((connection: number) => Script), extensions?: string[]) {
  const { server, port } = await scripted(script);
  if (extensions !== undefined) server.extensions = extensions;
  return { server, transport: transportTo(`smtp://127.0.0.1:${port}?tls=never`) };
}

const commandsAfterHello = ({ commands }: { commands: readonly string[] }) =>
  commands.slice(1).map((command) => command.slice(0, 4));

describe('MAIL, RCPT and DATA', () => {
  const mail = 'MAIL FROM:<bounce@shop.example>';
  const rcpt = 'RCPT TO:<ada@example.test>';

  test('go in one write where the server allows it', async () => {
    const { server, transport } = await connected({}, ['SIZE 1000', 'PIPELINING', '8BITMIME']);
    await deliver(transport, letter());
    expect(server.chunks[1]).toBe(`${mail} SIZE=21 BODY=8BITMIME\r\n${rcpt}\r\nDATA\r\n`);
  });

  test('go one by one where it does not', async () => {
    const { server, transport } = await connected({}, ['DSN', 'SIZE']);
    await deliver(transport, letter());
    expect(server.chunks.slice(1, 4)).toEqual([`${mail} SIZE=21\r\n`, `${rcpt}\r\n`, 'DATA\r\n']);
  });

  test('go to a server that knows only HELO', async () => {
    const { server, transport } = await connected({ ehlo: { say: '502 5.5.1 what?' } });
    expect((await deliver(transport, letter())).kind).toBe('accepted');
    expect(server.commands.map((command) => command.slice(0, 4))).toEqual([
      'EHLO',
      'HELO',
      'MAIL',
      'RCPT',
      'DATA',
    ]);
    expect(server.commands[2]).toBe(mail);
  });
});

describe('when the recipient is refused, but 354 follows', () => {
  const script: Script = { eager: true, rcpt: { say: '550 5.1.1 no such user' } };

  test.each([
    ['no', undefined],
    ['yes', { say: '250 2.0.0 whatever' }],
    ['later', { say: '451 4.3.0 later' }],
  ])('a lone dot ends it, whatever the server says to that (%s)', async (_what, final) => {
    const current: Script = { ...script, ...(final && { final }) };
    const { server, transport } = await connected(current);
    expect(await deliver(transport, letter())).toMatchObject({ kind: 'failed', code: 550, stage: 'rcpt' });
    delete current.rcpt;
    delete current.final;
    expect((await deliver(transport, letter('Subject: next\r\n\r\n'))).kind).toBe('accepted');
    expect(server.connections).toBe(1);
    expect(server.letters.map(String)).toEqual(['Subject: next\r\n\r\n']);
    expect(server.chunks[2]).toBe('.\r\n');
    expect(commandsAfterHello(server)).toEqual(['MAIL', 'RCPT', 'DATA', 'RSET', 'MAIL', 'RCPT', 'DATA']);
  });

  test('the outcome stands, even if the connection is lost meanwhile', async () => {
    const { server, transport } = await connected({ ...script, data: 'drop' });
    expect(await deliver(transport, letter())).toMatchObject({ kind: 'failed', code: 550, stage: 'rcpt' });
    expect(server.letters).toEqual([]);
  });

  test('and the server is silent at the dot, the outcome is told at once', async () => {
    const { server, transport } = await connected({ ...script, final: 'stall' });
    const slot = await slotOf(transport);
    expect(await slot.deliver(letter())).toMatchObject({ kind: 'failed', code: 550, stage: 'rcpt' });
    for (const socket of server.open) socket.destroy();
    slot.release();
  });
});

test('when the sender is refused but the recipient taken, no dot is written: the connection is closed', async () => {
  const script: Script = { eager: true, mail: { say: '550 5.7.1 not you' } };
  const { server, transport } = await connected(script);
  expect(await deliver(transport, letter())).toMatchObject({ kind: 'failed', code: 550, stage: 'mail' });
  delete script.mail;
  expect((await deliver(transport, letter())).kind).toBe('accepted');
  expect(server.connections).toBe(2);
  expect(server.letters).toHaveLength(1);
  expect(server.chunks).not.toContain('.\r\n');
});

test.each([
  ['354 and a yes', '354 go\r\n250 2.0.0 taken'],
  ['354 and a no', '354 go\r\n554 5.7.1 no'],
  ['354 twice', '354 go\r\n354 go'],
  ['354 and the beginning of something', '354 go\r\n2'],
  ['no 354 but a yes', '250 2.0.0 taken'],
])('a server that says %s to DATA gets no octet of the letter', async (_what, say) => {
  const { server, transport } = await connected({ data: { say } });
  expect(await deliver(transport, letter('Subject: secret\r\n\r\n'))).toMatchObject({
    kind: 'deferred',
    code: undefined,
    stage: 'data',
    scope: 'server',
  });
  expect(server.chunks.join('')).not.toContain('secret');
});

test('421 ends a session at once, at whatever stage', async () => {
  for (const stage of ['mail', 'rcpt', 'data', 'final'] as const) {
    const { server, transport } = await connected({ [stage]: { say: '421 4.7.0 slow down' } });
    const outcome = await deliver(transport, letter());
    expect(outcome).toMatchObject({ kind: 'deferred', code: 421, stage, scope: 'server' });
    expect(commandsAfterHello(server)).not.toContain('RSET');
    expect((await deliver(transport, letter())).kind).toBe('deferred');
    expect(server.connections).toBe(2);
  }
});

test('a connection whose RSET is refused is not used again', async () => {
  const script: Script = { rcpt: { say: '550 no' }, rset: { say: '502 what?' } };
  const { server, transport } = await connected(script);
  await deliver(transport, letter());
  delete script.rcpt;
  expect((await deliver(transport, letter())).kind).toBe('accepted');
  expect(server.connections).toBe(2);
});

test('a letter bigger than the server takes is not offered', async () => {
  const { server, transport } = await connected({}, ['PIPELINING', 'SIZE 20']);
  expect(await deliver(transport, letter())).toEqual({
    kind: 'failed',
    code: 552,
    stage: 'mail',
    response: '552 5.3.4 not offered: it has 21 octets, the server takes at most 20',
  });
  expect(server.commands).toHaveLength(1);
});

test('an answer without an end is not waited for, and nothing unfit to store is in a response', async () => {
  const endless = await connected({ rcpt: { sayUnfinished: `550 ${'x'.repeat(100_000)}` } });
  expect(await deliver(endless.transport, letter())).toMatchObject({ kind: 'deferred', stage: 'rcpt' });
  const binary = await connected({ final: { say: '550 a\0b\x1b[31m \xff c' } });
  expect((await deliver(binary.transport, letter())).response).toBe('550 a b [31m ÿ c');
});

test('a server that talks before it is asked is down', async () => {
  const { transport } = await connected({ greeting: { say: '220 hello\r\n250 and welcome' } });
  expect(await downOf(transport)).toMatchObject({ stage: 'connect', reason: 'unreachable' });
});

test('one letter at a time', async () => {
  const { transport } = await connected({});
  const slot = await slotOf(transport);
  const first = slot.deliver(letter());
  await expect(slot.deliver(letter())).rejects.toThrow('one letter at a time');
  expect((await first).kind).toBe('accepted');
  slot.release();
});

describe('letter after letter over kept connections, the server taking and refusing as it likes', () => {
  const says = (...texts: string[]) =>
    fc.option(
      fc.constantFrom(...texts).map((say) => ({ say })),
      { nil: undefined, freq: 2 },
    );
  const scripts = fc.record({
    mail: says('450 4.1.0 later', '550-5.7.1 not\r\n550 5.7.1 you'),
    rcpt: says('451 4.7.1 greylisted', '550 5.1.1 unknown', '251 2.1.5 forwarded'),
    data: says('452 4.3.1 full', '554 5.7.1 no'),
    final: says('451 4.7.1 later', '554-5.6.0 bad\r\n554 5.6.0 letter'),
    eager: fc.boolean(),
  });

  test.each([
    ['with', ['PIPELINING', '8BITMIME']],
    ['without', ['8BITMIME']],
  ])(
    '%s PIPELINING: each fate is what the first refusal says, and just the accepted letters arrive',
    async (_how, extensions) => {
      await fc.assert(
        fc.asyncProperty(fc.array(scripts, { minLength: 1, maxLength: 6 }), async (moves) => {
          const current: Script = {};
          const { server, transport } = await connected(() => current, extensions);
          for (const [number, move] of moves.entries()) {
            for (const key of ['mail', 'rcpt', 'data', 'final', 'eager'] as const) delete current[key];
            Object.assign(
              current,
              Object.fromEntries(Object.entries(move).filter(([, one]) => one !== undefined)),
            );
            const outcome = await deliver(transport, letter(`Subject: ${number}\r\n\r\n.\r\n`));
            expect([outcome.kind, 'stage' in outcome ? outcome.stage : undefined]).toEqual(expected(move));
          }
          const accepted = [...moves.keys()].filter((number) => expected(moves[number])[0] === 'accepted');
          expect(server.letters.map(String)).toEqual(accepted.map((one) => `Subject: ${one}\r\n\r\n.\r\n`));
          await transport.close();
          await server.close();
        }),
        { numRuns: 60 },
      );
    },
  );

  function expected(move: Record<string, { say: string } | boolean | undefined> = {}) {
    for (const stage of ['mail', 'rcpt', 'data', 'final']) {
      const one = move[stage];
      if (typeof one !== 'object' || one.say.startsWith('2')) continue;
      const kind: Outcome['kind'] = one.say.startsWith('4') ? 'deferred' : 'failed';
      return [kind, stage];
    }
    return ['accepted', undefined];
  }
});
