import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../servers/index.ts';
import { dear as run } from './run.ts';

let folder: string;
let deadPort: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-bad-input-'));
  deadPort = await freePort();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const dear = (line: string, environment: Record<string, string> = {}) =>
  run(line.split(' '), resolve(import.meta.dirname, '../fixtures'), {
    DATA_DIR: join(folder, 'data'),
    ...environment,
  });

/** One readable message, without a stack, and the exit code. */
async function refused(
  line: string,
  code: number,
  words: string | RegExp,
  environment: Record<string, string> = {},
) {
  const result = await dear(line, environment);
  expect(result.err).toMatch(words);
  expect(result.err).not.toMatch(/\n\s+at /);
  expect(result.code).toBe(code);
}

const file = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

describe('bad input ends in one readable message', () => {
  test('unknown campaign, and the known ones', () =>
    refused('campaign launch nope', 2, /no campaign 'nope'[\s\S]*greeting/));
  test('a campaign that was not launched', () =>
    refused('report greeting', 1, /not launched yet[\s\S]*campaign launch greeting/));
  test('a missing file', () => refused(`segments check ${join('nowhere', 'x.json')}`, 2, /cannot be read/));
  test('a missing import', () =>
    refused('profiles import nowhere.csv', 1, /nowhere\.csv cannot be read: there is no such file/));
  test('an unknown operator, with its place and a guess', async () =>
    refused(
      `segments check ${await file('rule.json', '{"name":"x","rule":{"did":"order","atLest":2}}')}`,
      2,
      /atLest[\s\S]*did you mean 'atLeast'/,
    ));
  test('an unknown segment', async () =>
    refused(
      `segments check ${await file('unknown.json', '{"name":"x","rule":{"segment":"nobody"}}')}`,
      2,
      /nobody/,
    ));
  test('an unknown command', () => refused('lunch greeting', 2, /unknown command 'lunch'/));
  test('an unknown queue', () => refused('work everything', 2, /no queue named 'everything'/));
  test('an id that is none', () => refused('send show abc', 2, /not the id of a send/));
  test('a send that is not there', () => refused('send show 999', 1, /no send 999/));
  test('a customer who is not there', async () => {
    await dear('segments list');
    await refused('profile show nobody@example.test', 1, /nobody@example\.test/);
  });
  test('a wrong setting, with all that are wrong', () =>
    refused('config', 2, /SMTP_URL must be a URL.*HTTP_PORT must be a port number/, {
      HTTP_PORT: 'x',
      SMTP_URL: 'mail.example',
    }));
  test('settings that are written in a language of their own, each with how to mend it', () =>
    refused('config', 2, /SMTP_RATE[\s\S]*RETENTION cannot be used: in 'view=soon'[\s\S]*EVENT_NAMES/, {
      RETENTION: 'view=soon',
      SMTP_RATE: 'fast',
      EVENT_NAMES: 'Signed Up',
    }));
  test('a file that is no database', async () =>
    refused('campaign status', 1, /cannot be opened/, {
      DATABASE_URL: await file('no.db', 'no database '.repeat(100)),
    }));
  test('a database that does not answer', () =>
    refused('campaign status', 1, /does not answer/, {
      DATABASE_URL: `postgres://someone:hidden@127.0.0.1:${deadPort}/x`,
    }));
  test('a queue that does not answer, without its password', async () => {
    const environment = { QUEUE_URL: `redis://:hidden@127.0.0.1:${deadPort}` };
    await refused('work', 1, /cannot be used/, environment);
    expect((await dear('work', environment)).err).not.toContain('hidden');
  });
  test('a port in use', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await refused('up', 1, /is in use[\s\S]*HTTP_PORT/, { HTTP_PORT: String(port) });
    await refused('up', 1, /is in use[\s\S]*INBOUND_PORT/, { HTTP_PORT: '0', INBOUND_PORT: String(port) });
    await new Promise((done) => other.close(done));
  });
});

test('--json prints one JSON value', async () => {
  const { out, code } = await dear('campaign list --json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual([
    { name: 'greeting' },
    { name: 'recall' },
    { name: 'second' },
    { name: 'thanks' },
  ]);
});

test('config shows where values come from, and hides secrets', async () => {
  const { out } = await dear('config --json', {
    SECRET: 'a very secret secret',
    SMTP_URL: 'smtp://me:hidden@mail.example',
  });
  expect(out).toContain('"environment"');
  expect(out).not.toMatch(/very secret|hidden/);
});
