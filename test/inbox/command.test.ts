import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { openStore } from '../../src/store/open.ts';

const dear = join(import.meta.dirname, '../../src/cli/dear.ts');
const tsx = join(import.meta.dirname, '../../node_modules/.bin/tsx');

describe('dear inbox', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-inbox-'));
    const store = await openStore(join(folder, 'data', 'dear.db'), 'a secret of the tests');
    const arrivals = arrivalStore(store);
    const raw = Buffer.from(
      'From: ben@example.test\r\nSubject: \u001b[2Jhello\r\n\r\nAre you \u0007open?\r\nBen\r\n',
    );
    await arrivals.add([{ kind: 'mail', at: 0, facts: { from: '', to: [] }, raw }]);
    await arrivals.fold(
      [{ arrivalId: 1, finding: { state: 'unmatched', note: 'answers no letter of ours' } }],
      1,
    );
    await store.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (...words: string[]) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(tsx, [dear, ...words], {
        cwd: folder,
        env: { PATH: process.env.PATH, LOG_LEVEL: 'silent' },
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => {
        out += chunk;
      });
      child.stderr.on('data', (chunk) => {
        err += chunk;
      });
      child.on('close', (code) => resolve({ code, out, err }));
    });

  test('lists what matched nothing and shows one, with control characters made harmless', async () => {
    const list = await run('inbox', 'list');
    expect(list).toMatchObject({ code: 0, out: expect.stringContaining('answers no letter of ours') });
    expect(list.out).toContain('ben@example.test');
    const shown = await run('inbox', 'show', '1');
    expect(shown.out).toContain('Are you open?\nBen');
    expect(shown.out).not.toContain('\u001b');
  });

  test('speaks JSON', async () => {
    const [mail] = JSON.parse((await run('inbox', 'list', '--json')).out);
    expect(mail).toMatchObject({
      id: 1,
      from: 'ben@example.test',
      state: 'unmatched',
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(JSON.parse((await run('inbox', 'show', '1', '--json')).out)).toMatchObject({
      text: 'Are you open?\nBen\n',
    });
  });

  test('says which mail there is none of, and how to call it', async () => {
    expect(await run('inbox', 'show', '7')).toMatchObject({
      code: 2,
      err: expect.stringContaining('number 7'),
    });
    expect(await run('inbox', 'show', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('whole number'),
    });
  });
});
