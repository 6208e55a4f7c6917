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
    expect(await downOf(checked)).toMatchObject({ stage: 'tls', response: 'self-signed certificate' });
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

  test('a STARTTLS that fails after it was offered is no reason to go on in plain text', async () => {
    const { server, port } = await scripted();
    server.extensions = ['STARTTLS'];
    expect(await downOf(transportTo(`smtp://127.0.0.1:${port}`))).toMatchObject({ stage: 'tls' });
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
