import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { install, testTemplates } from '../fixtures/installation.ts';
import { addReaders } from '../fixtures/readers.ts';
import { freePort } from '../servers/index.ts';
import { dear } from './run.ts';

const ends: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const found = z.array(z.looseObject({ code: z.string() }));
/** What is said of its rules; the letter of the test campaign is no model either. */
const ofRules = (problems: unknown) =>
  found.parse(problems).filter(({ code }) => /^(rule|segment)\./.test(code));

/** The test campaign with other words, beside a database that has readers. */
async function campaign(change: (text: string) => string) {
  const folder = await mkdtemp(join(tmpdir(), 'dear-check-'));
  ends.push(() => rm(folder, { recursive: true }));
  await cp(testTemplates, join(folder, 'templates'), { recursive: true });
  const file = join(folder, 'templates/campaigns/greeting/campaign.yaml');
  const before = await readFile(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(file, after);
  const here = await install({});
  ends.push(here.close);
  await addReaders(here.app, 2);
  const { dataDir, databaseUrl } = here.app.config;
  return async (more: Record<string, string> = {}) => {
    const environment = { DATA_DIR: dataDir, DATABASE_URL: databaseUrl, ...more };
    const result = await dear(['campaign', 'check', 'greeting', '--json'], folder, environment);
    const said: unknown = JSON.parse(result.out);
    return { ...result, problems: ofRules(said) };
  };
}

test('checking a campaign warns of words in its segment and in conditions of modules', {
  timeout: 60_000,
}, async () => {
  const check = await campaign((text) =>
    text
      .replace('{ everyone: true }', '{ attribute: fistName, exists: true }')
      .replace('did: order', 'did: ordr'),
  );
  const { code, problems, err } = await check();
  expect([code, err]).toEqual([0, '']);
  expect(problems).toMatchObject([
    {
      level: 'warning',
      code: 'rule.attribute',
      line: expect.any(Number),
      message: expect.stringMatching(/fistName.*‘firstName’/),
    },
    {
      level: 'warning',
      code: 'rule.event',
      line: expect.any(Number),
      message: expect.stringMatching(/ordr/),
    },
  ]);
});

test('checking a campaign fails for a saved segment that there is not', { timeout: 60_000 }, async () => {
  const check = await campaign((text) => text.replace('{ everyone: true }', 'nobody'));
  const { code, problems } = await check();
  expect(code).toBe(1);
  const unknown = { level: 'error', code: 'segment.unknown', line: expect.any(Number) };
  expect(problems[0]).toMatchObject(unknown);
});

test('the files are checked where the database does not answer', { timeout: 60_000 }, async () => {
  const check = await campaign((text) => text.replace('{ everyone: true }', 'nobody'));
  const away = await check({ DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/x` });
  expect(away).toMatchObject({
    code: 0,
    problems: [],
    err: expect.stringMatching(/words of its rules were not looked up.*does not answer/),
  });
});
