import { describe, expect, test } from 'vitest';
import { FRESH } from '../../src/delivery/permits.ts';
import { beforeReader, complaintOf } from '../../src/delivery/throttle-answers.ts';
import { isSlow, paceAt, recovered, slowedBy } from '../../src/delivery/throttle-pace.ts';
import type { Outcome, Stage } from '../../src/delivery/transport.ts';

const deferred = (response: string, stage: Stage = 'rcpt'): Outcome => ({
  kind: 'deferred',
  code: Number(response.slice(0, 3)),
  response,
  stage,
  scope: 'letter',
});

test.each([
  ['421-4.7.28 Gmail has detected an unusual rate of mail', 'rate'],
  ['421 4.7.0 Try again later, closing connection', 'rate'],
  ['421 closing', 'rate'],
  ['451 4.7.500 Server busy. Please try again later', 'rate'],
  ['450 4.7.1 Error: too many mails from your host', 'rate'],
  ['452 4.3.2 Please try again later', 'rate'],
  ['450 4.4.5 congestion', 'rate'],
  ['451 Rate limit exceeded', 'rate'],
  ['450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see help', 'greylisting'],
  ['451 4.7.1 Please try again later', 'greylisting'],
  ['450 mailbox unavailable', 'greylisting'],
  ['451 local error', 'greylisting'],
  ['450 4.2.1 The user you are trying to contact is receiving mail at a rate that is too high', undefined],
  ['452 4.2.2 Mailbox full', undefined],
  ['450 4.1.2 Domain not found', undefined],
  ['451 4.7.24 SPF record could not be read', undefined],
  ['421-4.7.26 Your mail has been rate limited because it is unauthenticated', 'rate'],
  ['452 4.3.1 Insufficient system storage', undefined],
  ['452 insufficient system storage', undefined],
])('%s means %s', (response, complaint) => {
  expect(complaintOf(deferred(response))).toBe(complaint);
});

test('only a deferral with an answer is a complaint; before RCPT it is the server’s', () => {
  expect(complaintOf({ kind: 'accepted', response: '250 4.7.0 rate' })).toBeUndefined();
  expect(
    complaintOf({ kind: 'failed', code: 550, response: '550 rate limit', stage: 'rcpt' }),
  ).toBeUndefined();
  expect(complaintOf({ ...deferred('421 x'), kind: 'unknown' })).toBeUndefined();
  expect([beforeReader(deferred('421 x', 'mail')), beforeReader(deferred('421 x'))]).toEqual([true, false]);
});

describe('a slow-down', () => {
  const CEILING = 64;
  const NOW = 1_800_000_000_000;
  const rate = { perSecond: CEILING, burst: 128 };

  test('halves and pauses, longer each time, but once for letters under way together', () => {
    const first = slowedBy(FRESH, 'rate', CEILING, NOW);
    expect(first).toMatchObject({ pace: 32, pausedUntil: NOW + 5000, strikes: 1 });
    expect(slowedBy(first ?? FRESH, 'rate', CEILING, NOW + 4999)).toBeUndefined();
    const second = slowedBy(first ?? FRESH, 'rate', CEILING, NOW + 5000);
    expect(second).toMatchObject({ pace: 16, pausedUntil: NOW + 15_000, strikes: 2 });
    let state = FRESH;
    for (let times = 0; times < 30; times++) {
      state = slowedBy(state, 'rate', CEILING, Math.max(NOW, state.pausedUntil)) ?? state;
    }
    expect(state.pace).toBe(1);
    expect(state.pausedUntil - state.pacedAt).toBe(600_000);
  });

  test('greylisting makes no pause and stops at a quarter', () => {
    let state = FRESH;
    for (let second = 0; second < 600; second++) {
      state = slowedBy(state, 'greylisting', CEILING, NOW + second * 1000) ?? state;
    }
    expect(state).toMatchObject({ pace: 16, pausedUntil: 0, strikes: 0 });
    expect(state.pacedAt).toBe(NOW + 60_000);
  });

  test('recovers step by step, at most once in ten seconds, to nothing', () => {
    let state = slowedBy(FRESH, 'rate', CEILING, NOW) ?? FRESH;
    let steps = 0;
    let at = NOW;
    while (isSlow(state, at)) {
      at += 1000;
      const next = recovered(state, CEILING, at);
      if (next === undefined) continue;
      steps += 1;
      expect(next.pace ?? CEILING).toBeGreaterThan(state.pace ?? 0);
      state = next;
    }
    expect([steps, at - NOW]).toEqual([5, 50_000]);
    expect(paceAt(state, rate, at)).toMatchObject({ perSecond: CEILING, burst: 128 });
    expect(paceAt(state, undefined, at)).toBeUndefined();
  });

  test('a clock that was set back makes no longer pause', () => {
    const state = slowedBy(FRESH, 'rate', CEILING, NOW) ?? FRESH;
    expect(paceAt(state, rate, NOW - 86_400_000)?.pausedUntil).toBeLessThanOrEqual(
      NOW - 86_400_000 + 600_000,
    );
  });
});
