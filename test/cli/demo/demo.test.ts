import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../../..');

const rate = z.object({ count: z.number() });
const resultSchema = z.object({
  shop: z.object({ customers: z.number(), events: z.number() }),
  earlier: z.object({ accepted: z.number() }),
  plan: z.object({ audience: z.number(), queued: z.number(), skipped: z.record(z.string(), z.number()) }),
  mails: z.number(),
  mailbox: z.number(),
  report: z.object({
    audience: z.number(),
    states: z.record(z.string(), z.number()),
    skipped: z.record(z.string(), z.number()),
    variants: z.array(
      z.object({ accepted: z.number(), opened: rate, clicked: rate, replied: rate, unsubscribed: rate }),
    ),
  }),
  readers: z.object({
    opened: z.number(),
    clicked: z.number(),
    replied: z.number(),
    unsubscribed: z.number(),
  }),
  told: z.array(z.object({ email: z.string(), why: z.string() })),
  letters: z.array(z.object({ email: z.string(), file: z.string() })),
  folder: z.string(),
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** The demo as a person starts it, with settings around it that it must not follow. */
async function runDemo(place: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(root, 'src/cli/dear.ts'), 'demo', '--once', '--json'],
    {
      cwd: root,
      env: {
        ...process.env,
        DATA_DIR: join(place, 'data'),
        DATABASE_URL: join(place, 'real.db'),
        QUEUE_URL: 'redis://127.0.0.1:1',
        SMTP_URL: 'smtp://127.0.0.1:1',
      },
    },
  );
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

describe('dear demo --once', () => {
  let place: string;
  let demo: Awaited<ReturnType<typeof runDemo>>;
  let result: z.output<typeof resultSchema>;

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'dear-demo-'));
    demo = await runDemo(place);
    expect(demo.stderr).toBe('');
    result = resultSchema.parse(JSON.parse(demo.stdout));
  }, 180_000);
  afterAll(() => rm(place, { recursive: true, force: true }));

  test('ends by itself, and touches nothing but its own folder', () => {
    expect(demo.code).toBe(0);
    expect(result.folder).toBe(join(place, 'data/demo'));
    expect(readdirSync(place)).toEqual(['data']);
  });

  test('brings in a thousand customers and what they did', () => {
    expect(result.shop.customers).toBe(1000);
    expect(result.shop.events).toBeGreaterThan(5000);
  });

  test('accounts for everyone in the audience', () => {
    const { report, plan } = result;
    expect(sum(Object.values(report.states))).toBe(report.audience);
    expect(report.audience).toBe(plan.audience);
    expect(sum(Object.values(plan.skipped)) + plan.queued).toBe(plan.audience);
    for (const reason of ['no consent', 'suppressed', 'over frequency', 'holdout', 'data missing']) {
      expect(report.skipped[reason], reason).toBeGreaterThan(0);
    }
  });

  test('has one mail in the mailbox for every accepted letter', () => {
    const { report } = result;
    expect(result.mails).toBe(report.states.accepted);
    expect(sum(report.variants.map(({ accepted }) => accepted))).toBe(report.states.accepted);
    expect(readdirSync(join(result.folder, 'mailbox'))).toHaveLength(result.mailbox);
    expect(result.mailbox).toBe(result.mails + result.earlier.accepted);
    expect(result.mails).toBeGreaterThan(200);
  });

  test('records what readers did, each once', () => {
    for (const name of ['opened', 'clicked', 'replied', 'unsubscribed'] as const) {
      expect(result.readers[name]).toBeGreaterThan(0);
      expect(sum(result.report.variants.map((variant) => variant[name].count))).toBe(result.readers[name]);
    }
  });

  test('keeps three letters to three customers that differ', () => {
    expect(new Set(result.letters.map(({ email }) => email)).size).toBe(3);
    const html = result.letters.map(({ file }) => readFileSync(file, 'utf8'));
    expect(new Set(html).size).toBe(3);
    for (const letter of html) expect(letter).toMatch(/<html/i);
    expect(
      readdirSync(dirname(result.letters[0]?.file ?? '')).filter((name) => name.endsWith('.eml')),
    ).toHaveLength(3);
  });

  test('says why, for customers whose cases differ', () => {
    expect(result.told.length).toBeGreaterThanOrEqual(3);
    for (const { email, why } of result.told) expect(why).toContain(email);
  });
});
