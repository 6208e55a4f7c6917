import { describe, expect, test } from 'vitest';
import type { Outcome, OutgoingLetter, Transport } from '../../src/delivery/transport.ts';
import type { Script } from './scripted-server.ts';
import {
  deliver as deliverLetter,
  letter as letterOf,
  scripted,
  transportTo as urlTransport,
} from './wire.ts';

const letter: OutgoingLetter = letterOf('Subject: x\r\n\r\nHello\r\n.dot\r\n');

type Tls = 'plain' | 'STARTTLS' | 'implicit TLS';

async function serverWith(
  script: Script | ((connection: number) => Script),
  pipelining = true,
  tls: Tls = 'plain',
) {
  const { server, port } = await scripted(script);
  server.extensions = [
    ...(pipelining ? ['PIPELINING'] : []),
    '8BITMIME',
    ...(tls === 'STARTTLS' ? [tls] : []),
  ];
  server.implicitTls = tls === 'implicit TLS';
  return { server, port };
}

const transportTo = (port: number, query = '', scheme = 'smtp') =>
  urlTransport(`${scheme}://127.0.0.1:${port}?${query}`);
const deliver = (transport: Transport, one = letter) => deliverLetter(transport, one);

/** Each row: what the server does, and what that means for the letter. */
const cases: [string, Script, Partial<Outcome> & { kind: Outcome['kind'] }][] = [
  ['takes it', {}, { kind: 'accepted', response: '250 2.0.0 taken' }],
  ['drops at MAIL', { mail: 'drop' }, { kind: 'deferred', code: undefined, stage: 'mail', scope: 'server' }],
  ['drops at RCPT', { rcpt: 'drop' }, { kind: 'deferred', code: undefined, stage: 'rcpt', scope: 'server' }],
  ['drops at DATA', { data: 'drop' }, { kind: 'deferred', code: undefined, stage: 'data', scope: 'server' }],
  ['drops in the middle of the letter', { middle: 'drop' }, { kind: 'unknown' }],
  ['drops after the final dot', { final: 'drop' }, { kind: 'unknown' }],
  [
    'stalls at MAIL',
    { mail: 'stall' },
    { kind: 'deferred', code: undefined, stage: 'mail', scope: 'server' },
  ],
  [
    'stalls at DATA',
    { data: 'stall' },
    { kind: 'deferred', code: undefined, stage: 'data', scope: 'server' },
  ],
  ['stalls after the final dot', { final: 'stall' }, { kind: 'unknown' }],
  [
    'says 450 to MAIL',
    { mail: { say: '450 4.7.1 later' } },
    { kind: 'deferred', code: 450, stage: 'mail', scope: 'letter' },
  ],
  ['says 550 to MAIL', { mail: { say: '550 5.7.1 no' } }, { kind: 'failed', code: 550, stage: 'mail' }],
  [
    'says 530 to MAIL',
    { mail: { say: '530 5.7.0 log in' } },
    { kind: 'deferred', code: 530, stage: 'mail', scope: 'server' },
  ],
  [
    'says 451 to RCPT',
    { rcpt: { say: '451 4.7.1 greylisted' } },
    { kind: 'deferred', code: 451, stage: 'rcpt', scope: 'letter' },
  ],
  [
    'says 550 to RCPT in two lines',
    { rcpt: { say: '550-5.1.1 no such\r\n550 5.1.1 user' } },
    { kind: 'failed', code: 550, stage: 'rcpt', response: '550-5.1.1 no such 550 5.1.1 user' },
  ],
  [
    'says 421 to RCPT and closes',
    { rcpt: { sayAndClose: '421 4.7.0 too many' } },
    { kind: 'deferred', code: 421, stage: 'rcpt', scope: 'server' },
  ],
  [
    'says 452 to DATA',
    { data: { say: '452 4.3.1 full' } },
    { kind: 'deferred', code: 452, stage: 'data', scope: 'letter' },
  ],
  ['says 554 to DATA', { data: { say: '554 5.7.1 no' } }, { kind: 'failed', code: 554, stage: 'data' }],
  [
    'says 421 to DATA and closes',
    { data: { sayAndClose: '421 4.3.2 bye' } },
    { kind: 'deferred', code: 421, stage: 'data', scope: 'server' },
  ],
  [
    'drops after half of 354',
    { data: { sayUnfinished: '35' } },
    { kind: 'deferred', code: undefined, stage: 'data', scope: 'server' },
  ],
  ['closes at 354', { data: { sayAndClose: '354 go' } }, { kind: 'unknown' }],
  [
    'says nonsense to DATA',
    { data: { say: 'hello' } },
    { kind: 'deferred', code: undefined, stage: 'data', scope: 'server' },
  ],
  [
    'says 451 to the letter',
    { final: { say: '451 4.7.1 later' } },
    { kind: 'deferred', code: 451, stage: 'final', scope: 'letter' },
  ],
  [
    'says 552 to the letter',
    { final: { say: '552 5.3.4 too big' } },
    { kind: 'failed', code: 552, stage: 'final' },
  ],
  [
    'says 421 to the letter and closes',
    { final: { sayAndClose: '421 4.3.2 bye' } },
    { kind: 'deferred', code: 421, stage: 'final', scope: 'server' },
  ],
  [
    'says 552 and closes without a line end',
    { final: { sayUnfinished: '552 5.3.4 too big' } },
    { kind: 'failed', code: 552, stage: 'final' },
  ],
  ['says half an answer to the letter', { final: { sayUnfinished: '25' } }, { kind: 'unknown' }],
  ['says 250 to the letter without a line end', { final: { sayUnfinished: '250 ok' } }, { kind: 'unknown' }],
  ['says nonsense to the letter', { final: { say: 'hello' } }, { kind: 'unknown' }],
];

const ways = (['plain', 'STARTTLS', 'implicit TLS'] as const).flatMap((tls) => [
  ['with', tls, true] as const,
  ['without', tls, false] as const,
]);

describe.each(ways)('%s PIPELINING over %s, a server that', (_how, tls, pipelining) => {
  const scheme = tls === 'implicit TLS' ? 'smtps' : 'smtp';

  test.each(cases)('%s', async (what, script, expected) => {
    const { port } = await serverWith(script, pipelining, tls);
    const transport = transportTo(port, what.startsWith('stalls') ? 'timeout=0.6' : '', scheme);
    expect(await deliver(transport)).toMatchObject(expected);
  });

  test.each([
    ['MAIL', { mail: { say: '450 later' } }],
    ['RCPT', { rcpt: { say: '550 no' } }],
    ['DATA', { data: { say: '451 later' } }],
    ['the letter', { final: { say: '554 spam' } }],
  ] as [string, Script][])('refuses at %s keeps the connection', async (_stage, script) => {
    const { server, port } = await serverWith(script, pipelining, tls);
    const transport = transportTo(port, '', scheme);
    const first = await deliver(transport);
    expect(await deliver(transport)).toEqual(first);
    expect(server.connections).toBe(1);
    expect(server.commands).toContain('RSET');
    expect(server.letters).toEqual([]);
  });
});

test('an answer before the whole letter has left is no acceptance', async () => {
  const { port } = await serverWith({ middle: { say: '250 that was quick' } });
  const big = { ...letter, bytes: Buffer.alloc(16 * 1024 * 1024, 'x'.repeat(70).concat('\r\n')) };
  const outcome = await deliver(transportTo(port), big);
  expect(outcome.kind).toBe('unknown');
});

describe('addresses that SMTP cannot carry', () => {
  test.each([
    ['a line break', 'a\r\nRSET@example.test'],
    ['a space', 'a b@example.test'],
    ['an angle bracket', 'a@example.test> SIZE=1'],
    ['letters beyond ASCII before the @', 'jürgen@example.test'],
    ['no domain', 'ada'],
  ])('%s: failed, and nothing was said to the server', async (_what, to) => {
    const { server, port } = await serverWith({});
    expect(await deliver(transportTo(port), { ...letter, to })).toMatchObject({
      kind: 'failed',
      code: 553,
      stage: 'rcpt',
    });
    expect(server.commands).toHaveLength(1);
  });

  test('an international domain goes in punycode', async () => {
    const { server, port } = await serverWith({});
    expect((await deliver(transportTo(port), { ...letter, to: 'info@bücher.example' })).kind).toBe(
      'accepted',
    );
    expect(server.commands).toContain('RCPT TO:<info@xn--bcher-kva.example>');
  });
});

describe('a connection that ended between two letters', () => {
  test.each([
    ['without a word', { mail: 'drop' }],
    ['with 421', { mail: { sayAndClose: '421 4.3.2 enough' } }],
  ] as [string, Script][])('%s is replaced once, and the letter goes', async (_how, later) => {
    const script: Script = {};
    const { server, port } = await serverWith((connection) => (connection === 0 ? script : {}));
    const transport = transportTo(port);
    expect((await deliver(transport)).kind).toBe('accepted');
    Object.assign(script, later);
    expect((await deliver(transport)).kind).toBe('accepted');
    expect(server.connections).toBe(2);
    expect(server.letters).toHaveLength(2);
  });

  test('is not tried a third time', async () => {
    const script: Script = {};
    const { server, port } = await serverWith(() => script);
    const transport = transportTo(port);
    expect((await deliver(transport)).kind).toBe('accepted');
    script.mail = 'drop';
    expect(await deliver(transport)).toMatchObject({ kind: 'deferred', stage: 'mail', scope: 'server' });
    expect(server.connections).toBe(2);
  });

  test('is noticed while it is idle', async () => {
    const { server, port } = await serverWith({});
    const transport = transportTo(port);
    expect((await deliver(transport)).kind).toBe('accepted');
    for (const socket of server.open) socket.end('421 4.4.2 idle too long\r\n');
    expect((await deliver(transport)).kind).toBe('accepted');
    expect(server.connections).toBe(2);
  });

  test('while its slot is held, is replaced as well', async () => {
    const { server, port } = await serverWith({});
    const slot = await transportTo(port).slot();
    if (slot.kind === 'down') throw new Error(slot.response);
    for (const socket of server.open) socket.destroy();
    while (server.open.size > 0) await new Promise(setImmediate);
    expect((await slot.deliver(letter)).kind).toMatch(/accepted|deferred/);
    expect((await slot.deliver(letter)).kind).toBe('accepted');
    slot.release();
  });
});
