import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeConfig, loadConfig } from '../../src/config.ts';
import { FRESH } from '../../src/delivery/permits.ts';
import { slowRemarks } from '../../src/delivery/throttle-remarks.ts';
import { install } from '../fixtures/installation.ts';

const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

test('several servers are shown without their passwords, and all must be SMTP', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dear-config-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const url = (smtp: string) => ({ SMTP_URL: smtp });
  const shown = describeConfig(
    url('smtp://u:geheim@a.example?weight=2, smtps://u:se,cret@b.example'),
    folder,
  );
  expect(shown.find((setting) => setting.name === 'SMTP_URL')?.value).toBe(
    'smtp://u:***@a.example?weight=2, smtps://u:***@b.example',
  );
  expect(() => loadConfig(url('smtp://a.example http://b.example'), folder)).toThrow('SMTP_URL must be');
});

test.each([
  [{ DELIVERY_LIMITS: 'gmail.com=quick' }, "DELIVERY_LIMITS cannot be used: 'quick' is no rate."],
  [{ SMTP_RATE: '20' }, "SMTP_RATE cannot be used: '20' is no rate."],
  [{ WARM_UP: 'soon' }, "WARM_UP cannot be used: 'soon' is no warm-up."],
])('%o is refused at boot', async (environment, message) => {
  await expect(install({ ...environment })).rejects.toMatchObject({ kind: 'usage', message });
});

test('a slow-down is told in a sentence', () => {
  const now = Date.UTC(2026, 10, 20, 9);
  const slowed = new Map([
    ['to gmail.com', { ...FRESH, pace: 10, pausedUntil: now + 5000, pacedAt: now }],
    ['server', { ...FRESH, pace: 0.5, pacedAt: now }],
  ]);
  expect(slowRemarks(slowed, now)).toEqual([
    'gmail.com asked for fewer letters: it gets none until 09:00:05 UTC, then 10 a second at most for now, more as it accepts them.',
    'The SMTP server asked for fewer letters: it gets 30 a minute at most for now, more as it accepts them.',
  ]);
});
