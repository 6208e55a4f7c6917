import { describe, expect, test } from 'vitest';
import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import { selfSigned } from './certificate.ts';
import type { mailbox } from './mailbox.ts';
import { deliver, downOf, letter, opened, scripted, transportTo } from './wire.ts';

describe('TLS', () => {
  const certificate = selfSigned();

  test('STARTTLS is used when offered, and its certificate is checked', async () => {
    const box = await opened(certificate);
    const url = `smtp://127.0.0.1:${box.port}`;
    expect(await downOf(transportTo(`${url}?tls=require`))).toMatchObject({ stage: 'tls' });
    const checked = smtpTransport({ ...parseSmtpUrl(url, 1), verify: true });
    expect(await downOf(checked)).toMatchObject({
      stage: 'tls',
      response: expect.stringMatching(/: "self-signed certificate"$/),
    });
    for (const query of ['?tls=insecure', '']) {
      expect((await deliver(transportTo(url + query), letter())).kind).toBe('accepted');
    }
    expect(box.received.map((one) => one.secure)).toEqual([true, true]);
  });

  test('tls=never leaves it', async () => {
    const box = await opened(certificate);
    await deliver(transportTo(`smtp://127.0.0.1:${box.port}?tls=never`), letter());
    expect(box.received[0]?.secure).toBe(false);
  });

  test('tls=require sends nothing to a server without it', async () => {
    const { server, port } = await scripted();
    const down = await downOf(transportTo(`smtp://127.0.0.1:${port}?tls=require`));
    expect(down).toMatchObject({ stage: 'tls', code: 502 });
    expect(server.commands.map((command) => command.slice(0, 4))).toEqual(['EHLO', 'STAR']);
  });

  test.each([
    ['is refused', { say: '454 4.7.0 not now' }, 454],
    ['ends in plain text', { say: '220 go\r\n250 not yours' }, undefined],
    ['goes on in plain text', { say: '220 go' }, undefined],
    ['ends with the connection', { sayAndClose: '220 go' }, undefined],
  ])('a STARTTLS that %s after it was offered is no reason to go on', async (_how, startTls, code) => {
    const { server, port } = await scripted({ startTls });
    server.extensions = ['STARTTLS'];
    const down = await downOf(transportTo(`smtp://127.0.0.1:${port}?timeout=2`));
    expect(down).toMatchObject({ stage: 'tls', code });
    expect(server.commands.map((command) => command.slice(0, 4)).slice(0, 2)).toEqual(['EHLO', 'STAR']);
    expect(server.commands.join()).not.toMatch(/AUTH|MAIL/);
  });

  test('what was announced before TLS is forgotten', async () => {
    const { server, port } = await scripted();
    server.extensions = ['8BITMIME', 'STARTTLS', 'PIPELINING'];
    server.extensionsInTls = ['SIZE 1000'];
    expect((await deliver(transportTo(`smtp://127.0.0.1:${port}`), letter())).kind).toBe('accepted');
    expect(server.commands.map((command) => command.replace(/ .*/, ''))).toEqual([
      'EHLO',
      'STARTTLS',
      'EHLO',
      'MAIL',
      'RCPT',
      'DATA',
    ]);
    expect(server.commands[3]).toBe('MAIL FROM:<bounce@shop.example> SIZE=21');
  });

  test('smtps speaks TLS from the first byte', async () => {
    const box = await opened({ ...certificate, secure: true });
    expect(await downOf(transportTo(`smtps://127.0.0.1:${box.port}?tls=require`))).toMatchObject({
      stage: 'tls',
    });
    await deliver(transportTo(`smtps://localhost:${box.port}?tls=insecure`), letter());
    expect(box.received[0]?.secure).toBe(true);
  });

  test('smtps to a server in plain text', async () => {
    const box = await opened();
    expect(await downOf(transportTo(`smtps://127.0.0.1:${box.port}`))).toMatchObject({ stage: 'tls' });
  });
});

describe('authentication', () => {
  const onAuth: NonNullable<Parameters<typeof mailbox>[0]>['onAuth'] = (auth, _session, callback) => {
    if (auth.username === 'us er' && auth.password === 'p@ss:wörd') callback(null, { user: auth.username });
    else callback(new Error('Wrong user or password'));
  };
  const options = { authOptional: false, onAuth, allowInsecureAuth: true };

  test('with the right password, percent-encoded in the URL', async () => {
    const box = await opened(options);
    const secret = `us%20er:${encodeURIComponent('p@ss:wörd')}`;
    const transport = transportTo(`smtp://${secret}@127.0.0.1:${box.port}?tls=never`);
    expect((await deliver(transport, letter())).kind).toBe('accepted');
    expect(box.received[0]?.user).toBe('us er');
  });

  test.each(['PLAIN', 'LOGIN', 'CRAM-MD5'])('by %s, if that is all the server knows', async (method) => {
    const pass = 'p@ss:wörd';
    const tried: string[] = [];
    const box = await opened({
      ...options,
      authMethods: [method],
      onAuth: (auth, _session, callback) => {
        tried.push(auth.method);
        const right = auth.method === 'CRAM-MD5' ? auth.validatePassword(pass) : auth.password === pass;
        if (right && auth.username === 'ada') callback(null, { user: auth.username });
        else callback(new Error('Wrong user or password'));
      },
    });
    const secret = `ada:${encodeURIComponent(pass)}`;
    const transport = transportTo(`smtp://${secret}@127.0.0.1:${box.port}?tls=never`);
    expect((await deliver(transport, letter())).kind).toBe('accepted');
    expect(tried).toEqual([method]);
  });

  test('by none that we know: down at auth, and nothing secret was said', async () => {
    const { server, port } = await scripted();
    server.extensions = ['AUTH GSSAPI XOAUTH2'];
    const down = await downOf(transportTo(`smtp://user:topsecret@127.0.0.1:${port}?tls=never`));
    expect(down).toMatchObject({
      stage: 'auth',
      code: 504,
      response: expect.stringContaining('"504 5.5.4 only GSSAPI, XOAUTH2 offered"'),
    });
    expect(server.commands).toHaveLength(1);
  });

  test('with a wrong one: down at auth, and the password is not repeated', async () => {
    const box = await opened(options);
    const down = await downOf(transportTo(`smtp://user:topsecret@127.0.0.1:${box.port}?tls=never`));
    expect(down).toMatchObject({ stage: 'auth', code: 535, reason: 'unreachable' });
    expect(JSON.stringify(down)).not.toContain('topsecret');
  });

  test('without one, where the server wants it: deferred for the server, not failed', async () => {
    const box = await opened(options);
    const outcome = await deliver(transportTo(`smtp://127.0.0.1:${box.port}?tls=never`), letter());
    expect(outcome).toMatchObject({ kind: 'deferred', code: 530, stage: 'mail', scope: 'server' });
  });
});
