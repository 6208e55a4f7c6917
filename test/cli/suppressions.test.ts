import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dear } from './run.ts';

describe('dear suppressions import and export', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-suppressions-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (words: string[], data = 'data') => dear(words, folder, { DATA_DIR: join(folder, data) });
  const counts = async (words: string[], data?: string) =>
    JSON.parse((await run([...words, '--json'], data)).out) as Record<string, unknown>;

  test('a list is imported once, bad rows are set aside with their reason', async () => {
    const rows = [
      'E-Mail;Reason;Since',
      'Ann@Example.com;complained;2024-02-03',
      '+plus@example.com;=1+cmd;2024-02-04 10:00',
      'broken;;',
      'ann@example.com;a second time;',
      'late@example.com;;2999-01-01',
      'bare@example.com;;',
    ];
    await writeFile(join(folder, 'old.csv'), `${rows.join('\n')}\n`);
    const words = ['suppressions', 'import', join(folder, 'old.csv'), '--reason', 'from the old system'];
    expect(await counts(words)).toMatchObject({ rows: 6, added: 4, known: 0, merged: 1, refused: 1 });
    expect(await counts(words)).toMatchObject({ rows: 6, added: 0, known: 4, merged: 1, refused: 1 });
    const refused = await readFile(join(folder, 'old.csv.refused.csv'), 'utf8');
    expect(refused).toContain('4,the e-mail address is not valid,broken');
    const { suppressions } = await counts(['suppressions', 'list']);
    expect(suppressions).toContainEqual({
      address: 'bare@example.com',
      reason: 'from the old system',
      source: expect.stringContaining('import of'),
      at: expect.any(String),
    });
    // Not to be mailed is what counts, whenever it was said.
    expect(suppressions).toContainEqual({
      address: 'late@example.com',
      reason: 'from the old system',
      source: expect.stringMatching(/^import of .* \(the date is before 1990 or in the future\)$/),
      at: expect.any(String),
    });
  });

  test('what is exported runs in no spreadsheet, and comes back as it was', async () => {
    const file = join(folder, 'out.csv');
    expect((await run(['suppressions', 'export', file])).code).toBe(0);
    expect((await stat(file)).mode & 0o077).toBe(0);
    const cells = parse(await readFile(file, 'utf8')).flat();
    expect(cells).toContain("'+plus@example.com");
    expect(cells.filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);
    expect(await counts(['suppressions', 'import', file], 'other')).toMatchObject({ added: 4, refused: 0 });
    const known = async (data: string) => (await counts(['suppressions', 'list'], data)).suppressions;
    expect(await known('other')).toEqual(await known('data'));
    const standard = await run(['suppressions', 'export']);
    expect(standard.out).toBe(await readFile(file, 'utf8'));
    const log = (await run(['audit', 'list'])).out;
    for (const word of ['import', 'export']) expect(log).toContain(word);
  });

  test('JSON Lines come back as well, and an empty list is a head alone', async () => {
    const { out } = await run(['suppressions', 'export', '--json']);
    await writeFile(join(folder, 'out.jsonl'), out);
    expect(await counts(['suppressions', 'import', join(folder, 'out.jsonl')], 'third')).toMatchObject({
      added: 4,
    });
    const known = async (data: string) => (await counts(['suppressions', 'list'], data)).suppressions;
    expect(await known('third')).toEqual(await known('data'));
    const other = join(folder, 'other.jsonl');
    await writeFile(other, '{"emailAddress":"a@example.com","reason":"x","suppressedAt":"2024-02-03"}\n');
    await counts(['suppressions', 'import', other], 'fourth');
    expect(await known('fourth')).toMatchObject([
      { address: 'a@example.com', reason: 'x', at: expect.stringContaining('2024-02-03') },
    ]);
    expect((await run(['suppressions', 'export'], 'empty')).out).toBe('email,why,source,since\n');
  });

  test('a file that cannot be written is said, and nothing half-done stays', async () => {
    const ran = await run(['suppressions', 'export', join(folder, 'no', 'such.csv')]);
    expect(ran.code).toBe(1);
    const [last] = JSON.parse((await run(['audit', 'list', '--json'])).out);
    expect(last).toMatchObject({ action: 'export', detail: { rows: 0, interrupted: true } });
    expect(ran.err).toContain('cannot be written');
    expect((await run(['suppressions', 'import', join(folder, 'old.csv'), '--map', 'mail=X'])).code).toBe(2);
  });
});
