import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { freePort } from '../servers/index.ts';
import { selfSigned } from './certificate.ts';
import { downOf, opened, scripted, transportTo } from './wire.ts';

/** What a person is told of a server at this URL. */
const told = async (url: string) => (await downOf(transportTo(url))).response;

describe('what is wrong with a server is told in plain language, with its own words behind', () => {
  test('a certificate', async () => {
    const old = await opened({ ...selfSigned(Date.now() - 3_600_000), secure: true });
    expect(await told(`smtps://127.0.0.1:${old.port}?tls=require`)).toMatch(
      /^the certificate of 127\.0\.0\.1 has expired\. It needs a new one; tls=insecure .*: "certificate has expired"$/,
    );
    const own = await opened(selfSigned());
    expect(await told(`smtp://127.0.0.1:${own.port}?tls=require`)).toMatch(
      /^nobody whom this machine trusts has signed .* tls=insecure in SMTP_URL .*: "self-signed certificate"$/,
    );
  });

  test('a certificate of another name', { timeout: 30_000 }, async () => {
    const certificate = selfSigned();
    const folder = await mkdtemp(join(tmpdir(), 'dear-trouble-'));
    const file = join(folder, 'trusted.pem');
    await writeFile(file, certificate.cert);
    const box = await opened({ ...certificate, secure: true });
    const ask = async (host: string) => {
      const child = fileURLToPath(new URL('./trusting-child.ts', import.meta.url));
      const args = ['--import', 'tsx', child, `smtps://${host}:${box.port}?tls=require`];
      const environment = { ...process.env, NODE_EXTRA_CA_CERTS: file };
      return (await promisify(execFile)(process.execPath, args, { env: environment })).stdout;
    };
    expect(await ask('localhost')).toBe('up');
    expect(await ask('127.0.0.1')).toMatch(
      /^the certificate is not for 127\.0\.0\.1\. Write the name that it is for .*tls=insecure.*: "Hostname\/IP does not match/,
    );
    await rm(folder, { recursive: true });
  });

  test('the wrong way to begin', async () => {
    const plain = await opened();
    expect(await told(`smtps://127.0.0.1:${plain.port}`)).toMatch(
      /^127\.0\.0\.1 does not speak TLS at port \d+\. smtps:\/\/ is for .* may want smtp:\/\/ .*: ".*wrong version number/,
    );
    const secure = await opened({ ...selfSigned(), secure: true });
    expect(await told(`smtp://127.0.0.1:${secure.port}?timeout=1`)).toMatch(
      /waits for TLS from the first byte\. .* wants smtps:\/\/: "nothing was heard for 1 s"$/,
    );
    const web = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => web.once('listening', resolve));
    const at = web.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    expect(await told(`smtp://127.0.0.1:${port}?timeout=1`)).toContain('does not speak SMTP');
    await new Promise((resolve) => web.close(resolve));
  });

  test('nobody there', async () => {
    const port = await freePort();
    expect(await told(`smtp://127.0.0.1:${port}`)).toBe(
      `no server listens at 127.0.0.1, port ${port}. Start it, or correct SMTP_URL: "connect ECONNREFUSED 127.0.0.1:${port}"`,
    );
    expect(await told('smtp://mail.nowhere.invalid')).toMatch(
      /^(there is no machine by the name|the name) mail\.nowhere\.invalid.*: "getaddrinfo E/,
    );
  });

  test('no TLS where it is asked for', async () => {
    const { port } = await scripted();
    expect(await told(`smtp://127.0.0.1:${port}?tls=require`)).toMatch(
      /^127\.0\.0\.1 offers no TLS at port \d+, .*tls=never.*: "502 5\.5\.2 unknown"$/,
    );
    const { server, port: stubborn } = await scripted({ startTls: { say: '554 5.7.3 not for you' } });
    server.extensions = ['STARTTLS'];
    expect(await told(`smtp://127.0.0.1:${stubborn}?tls=require`)).toBe('554 5.7.3 not for you');
  });

  test('the login', async () => {
    const answers = [
      ['535 5.7.8 bad credentials', /refuses the login\. See to user and password in SMTP_URL/],
      ['538 5.7.11 encryption required', /wants TLS before the login\. Write tls=require/],
      ['502 5.5.1 what?', /knows no way to log in .* leave user and password out/],
      ['454 4.7.0 later', /^454 4\.7\.0 later$/],
    ] as const;
    for (const [answer, words] of answers) {
      const { port } = await scripted({ auth: { say: answer } });
      const response = await told(`smtp://user:secret@127.0.0.1:${port}?tls=never`);
      expect(response).toMatch(words);
      expect(response).toContain(answer);
      expect(response).not.toContain('secret');
    }
  });

  test('what it says itself, where that is plain enough', async () => {
    const { port } = await scripted({ greeting: { say: '554 5.7.1 no service for you' } });
    expect(await told(`smtp://127.0.0.1:${port}`)).toBe('554 5.7.1 no service for you');
    const { port: mute } = await scripted({ ehlo: 'stall' });
    expect(await told(`smtp://127.0.0.1:${mute}?timeout=1`)).toBe('nothing was heard for 1 s');
  });
});
