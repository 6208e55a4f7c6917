import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

describe('dear profiles, profile, events and suppressions', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-profiles-'));
    const customers = 'E-Mail;Vorname;Stadt\nann@example.com;Ann\u001b[2J;Köln\nbroken;Bob;Bonn\n';
    await writeFile(join(folder, 'customers.csv'), customers);
    await writeFile(join(folder, 'views.jsonl'), '{"email":"ann@example.com","at":"2024-05-01","sku":"a"}\n');
    await writeFile(join(folder, 'bad.yaml'), 'email: "{E-Mail}"\nattributs: {}\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs a command line in this process, as `dear` would, in the folder. */
  const run = async (words: string[]) => {
    let out = '';
    let err = '';
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += text;
      return true;
    });
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += text;
      return true;
    });
    const before = process.cwd();
    process.chdir(folder);
    try {
      const code = await main(['node', 'dear', ...words], { LOG_LEVEL: 'silent' }, folder);
      return { code, out, err };
    } finally {
      process.chdir(before);
      process.exitCode = undefined;
      stdout.mockRestore();
      stderr.mockRestore();
    }
  };

  test('a file becomes profiles and events, and the dossier shows them', async () => {
    const map = ['--map', 'firstName=Vorname,city=Stadt', '--topic', 'offers'];
    const first = await run(['profiles', 'import', 'customers.csv', ...map, '--json']);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({
      rows: 2,
      added: 1,
      refused: 1,
      refusedFile: 'customers.csv.refused.csv',
    });
    expect(await readFile(join(folder, 'customers.csv.refused.csv'), 'utf8')).toContain(
      '3,the e-mail address is not valid',
    );
    const elsewhere = join(folder, 'refused');
    await mkdir(elsewhere);
    const moved = await run(['profiles', 'import', 'customers.csv', ...map, '--refused-to', elsewhere]);
    expect(moved).toMatchObject({ code: 0, out: expect.stringContaining(elsewhere) });
    expect(await readdir(elsewhere)).toEqual(['customers.csv.refused.csv']);
    const nowhere = await run(['profiles', 'import', 'customers.csv', ...map, '--refused-to', 'missing']);
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('--refused-to') });
    const strict = await run(['profiles', 'import', 'customers.csv', ...map, '--strict']);
    expect(strict).toMatchObject({ code: 1, out: expect.stringContaining('unchanged') });
    const views = await run(['events', 'import', 'views.jsonl', '--type', 'view']);
    expect(views).toMatchObject({ code: 0, out: expect.stringContaining('events added') });
    const set = ['profile', 'set', 'ANN@example.com', '--frequency', '1 per week', '--consent', 'offers=out'];
    expect(await run(set)).toMatchObject({ code: 0, out: 'ann@example.com was changed.\n' });
    const shown = await run(['profile', 'show', 'ann@example.com']);
    for (const word of [
      'Köln',
      'frequency    1 per week',
      'dear profile set',
      'sku=a',
      'import of customers.csv',
    ]) {
      expect(shown.out).toContain(word);
    }
    expect(shown.out).not.toContain('\u001b[2J');
    expect(JSON.parse((await run(['profile', 'show', 'ann@example.com', '--json'])).out)).toMatchObject({
      attributes: { city: 'Köln' },
      preferences: { frequency: '1 per week' },
      consents: [{ topic: 'offers', state: 'out' }],
      consentHistory: [{ state: 'in' }, { state: 'out' }],
      timeline: [{ type: 'view', at: '2024-05-01T00:00:00.000Z', properties: { sku: 'a' } }],
    });
  });

  test('a file whose clock is ahead does not undo what was said since, and nothing is said to have changed that was not', async () => {
    const ahead = new Date(Date.now() + 20 * 3_600_000).toISOString();
    const row = `email,consent.club,consentAt\nhana@example.com,in,${ahead}\n`;
    await writeFile(join(folder, 'ahead.csv'), row);
    const standing = async () =>
      JSON.parse((await run(['profile', 'show', 'hana@example.com', '--json'])).out).consents[0];
    await run(['profiles', 'import', 'ahead.csv']);
    expect(await standing()).toMatchObject({ topic: 'club', state: 'in' });
    expect(Date.parse((await standing()).at)).toBeLessThanOrEqual(Date.now());
    const set = ['profile', 'set', 'hana@example.com', '--consent', 'club=out'];
    expect((await run(set)).out).toBe('hana@example.com was changed.\n');
    expect(await standing()).toMatchObject({ state: 'out' });
    expect((await run(set)).out).toBe('hana@example.com was like that already.\n');
    const again = await run(['profiles', 'import', 'ahead.csv', '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ updated: 0, unchanged: 1 });
    expect(await standing()).toMatchObject({ state: 'out' });
  });

  test('two profiles of one person become one', async () => {
    const rows = 'email;city;points\none@müller.de;Bonn;1\ntwo@example.com;Ulm;2\n';
    await writeFile(join(folder, 'twins.csv'), rows);
    expect((await run(['profiles', 'import', 'twins.csv'])).code).toBe(0);
    const merged = await run([
      'profile',
      'merge',
      'one@müller.de',
      'two@example.com',
      '--why',
      'wrote from both',
    ]);
    expect(merged).toMatchObject({
      code: 0,
      out: expect.stringMatching(/two@example\.com .* part of one@müller\.de/),
    });
    const shown = await run(['profile', 'show', 'two@example.com']);
    for (const word of ['one@müller.de', 'e-mail, before', 'wrote from both', 'Bonn', 'Ulm']) {
      expect(shown.out).toContain(word);
    }
    expect(shown.out).toMatch(/merged +profile \d+ \(two@example\.com\) became part of this one.*city=Ulm/);
    const { id, externalIds } = JSON.parse((await run(['profile', 'show', 'two@example.com', '--json'])).out);
    expect(externalIds).toMatchObject([{ source: 'email', value: 'two@example.com' }]);
    expect((await run(['profile', 'set', String(id), '--frequency', '1 per month'])).out).toBe(
      'one@müller.de was changed.\n',
    );
    expect((await run(['profiles', 'import', 'twins.csv', '--json'])).out).toContain('"added": 0');
    const again = await run(['profile', 'merge', String(id), 'two@example.com']);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('are one already') });
  });

  test('suppressions are added, listed and removed', async () => {
    expect((await run(['suppressions', 'add', 'X@Example.com', '--reason', 'asked by phone'])).code).toBe(0);
    const list = await run(['suppressions', 'list', '--json']);
    expect(JSON.parse(list.out)).toMatchObject({ total: 1, suppressions: [{ address: 'x@example.com' }] });
    expect((await run(['suppressions', 'remove', 'x@example.com'])).code).toBe(0);
    expect((await run(['suppressions', 'remove', 'x@example.com'])).code).toBe(1);
  });

  test.each([
    [['profile', 'show', 'nobody@example.com'], 1, /No profile has the address/],
    [['profile', 'show', 'nobody'], 2, /'nobody' is not an e-mail address: it has no @/],
    [['profile', 'show', '4711'], 1, /No profile has the id 4711/],
    [['profile', 'show', 'shop:4711'], 1, /No profile is 4711 in shop/],
    [['profile', 'show', 'email:ann@example.com'], 2, /Dear's own/],
    [['profiles', 'import', 'missing.csv'], 1, /there is no such file/],
    [
      ['profiles', 'import', 'customers.csv', '--mapping', 'bad.yaml'],
      2,
      /bad\.yaml is not right.*attributs/,
    ],
    [['profiles', 'import', 'customers.csv', '--delimiter', 'ab'], 2, /must be one character/],
    [['events', 'import', 'views.jsonl', '--map', 'nonsense'], 2, /no pair of a name and a column/],
  ])('%j ends with %i and one readable message', async (words, code, message) => {
    const result = await run(words);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n\s+at /);
  });
});
