import { describe, expect, test } from 'vitest';
import type { Customer } from '../../src/campaigns/customers.ts';
import {
  decideSend,
  type PlanFacts,
  type Recipient,
  slotFor,
  type Terms,
} from '../../src/campaigns/eligibility.ts';
import { WINDOW_MS } from '../../src/campaigns/frequency.ts';
import type { Run, Send } from '../../src/campaigns/port.ts';
import { whySentence } from '../../src/campaigns/why.ts';
import { onlyImportant, unlimited } from '../../src/profiles/preferences.ts';
import { planOf } from '../fixtures/planned.ts';

const now = Date.UTC(2026, 2, 2, 12);
const recipient: Recipient = {
  id: 1,
  hasAddress: true,
  timeZone: 'Europe/Berlin',
  frequency: undefined,
  quietHours: undefined,
  pausedUntil: undefined,
};
const customer: Customer = { ...recipient, email: 'ann@example.test', attributes: {} };
const terms: Terms = { timeZone: 'UTC', validUntil: now + WINDOW_MS.week };
const facts: PlanFacts = {
  recipient,
  variant: { name: 'plain', weight: 1, sourceHash: 'hash' },
  consents: true,
  suppressed: undefined,
  heldOut: false,
  missing: undefined,
  taken: [],
};

describe('decideSend', () => {
  test('queues a letter that may go, for now', () => {
    expect(decideSend(facts, terms, now)).toMatchObject({
      state: 'queued',
      dueAt: now,
      variant: { name: 'plain' },
    });
  });

  test.each([
    ['no address', { recipient: { ...recipient, hasAddress: false }, consents: false }, {}],
    ['suppressed', { suppressed: 'complaint', consents: false }, {}],
    ['no consent', { consents: false, missing: 'profile.firstName' }, {}],
    ['holdout', { missing: 'profile.firstName', heldOut: true }, {}],
    ['data missing', { missing: 'profile.firstName' }, {}],
    [
      'over frequency',
      { recipient: { ...recipient, frequency: { max: 1, per: 'month' as const } }, taken: [now - 1000] },
      {},
    ],
    [
      'only important letters',
      { recipient: { ...recipient, frequency: onlyImportant, pausedUntil: now + WINDOW_MS.month } },
      {},
    ],
    ['paused by the customer', { recipient: { ...recipient, pausedUntil: now + WINDOW_MS.month } }, {}],
  ])('skips with the reason that comes first: %s', (reason, own, ownTerms) => {
    expect(decideSend({ ...facts, ...own }, { ...terms, ...ownTerms }, now)).toMatchObject({
      state: 'skipped',
      reason,
      variant: undefined,
    });
  });
});

describe('slotFor', () => {
  test('an important letter comes to those who want no others, within a limit of their own', () => {
    const important = { ...terms, important: true };
    const taken = Array.from({ length: 50 }, (_, index) => now - index - 1);
    expect(slotFor({ ...recipient, frequency: onlyImportant }, taken, important, now)).toBe(now);
    expect(slotFor({ ...recipient, frequency: onlyImportant }, taken, terms, now)).toBe(
      'only important letters',
    );
    expect(slotFor({ ...recipient, frequency: unlimited }, taken, terms, now)).toBe(now);
    const seldom = { max: 1, per: 'week', importantOnly: true } as const;
    expect(slotFor({ ...recipient, frequency: seldom }, [now - 1], important, now)).toBe(
      now - 1 + WINDOW_MS.week,
    );
  });

  test('the customer’s own limit goes before the default', () => {
    const once = { max: 1, per: 'day' as const };
    expect(
      slotFor(
        { ...recipient, frequency: once },
        [now - 1000],
        { ...terms, frequency: { max: 1, per: 'month' } },
        now,
      ),
    ).toBe(now - 1000 + WINDOW_MS.day);
    expect(slotFor(recipient, [now - 1000], { ...terms, frequency: once }, now)).toBe(
      now - 1000 + WINDOW_MS.day,
    );
  });

  test('quiet hours of the customer go before the campaign’s, on the customer’s clock', () => {
    const night = { from: 21 * 60, to: 8 * 60 };
    const evening = Date.UTC(2026, 2, 2, 20, 30); // 21:30 in Berlin
    expect(slotFor(recipient, [], { ...terms, quietHours: night }, evening)).toBe(Date.UTC(2026, 2, 3, 7));
    expect(
      slotFor(
        { ...recipient, quietHours: { from: 0, to: 60 } },
        [],
        { ...terms, quietHours: night },
        evening,
      ),
    ).toBe(evening);
  });

  test('quiet hours that outlast the campaign are told apart from a limit', () => {
    const night = { from: 0, to: 23 * 60 };
    expect(slotFor({ ...recipient, quietHours: night }, [], { ...terms, validUntil: now + 1000 }, now)).toBe(
      'no longer worth sending',
    );
  });
});

describe('whySentence', () => {
  const run: Run = {
    id: 1,
    campaign: 'autumn',
    state: 'running',
    reason: undefined,
    plan: planOf({ campaign: 'autumn' }),
    createdAt: now,
    validUntil: now + WINDOW_MS.week,
    finishedAt: undefined,
  };
  const send: Send = {
    id: 7,
    runId: 1,
    profileId: 1,
    state: 'accepted',
    reason: undefined,
    detail: undefined,
    variant: 'plain',
    sourceHash: 'hash',
    dueAt: now,
    plannedAt: now,
    claimedAt: now,
    finishedAt: now,
    attempts: 1,
    response: '250 OK',
    openedAt: undefined,
    clickedAt: undefined,
    repliedAt: undefined,
    unsubscribedAt: undefined,
    decision: undefined,
  };

  test.each<[string, Partial<Send> | undefined, string]>([
    ['not in the audience', undefined, 'was not in the audience'],
    [
      'accepted, and what they did',
      { openedAt: now, repliedAt: now },
      'accepted it on 2 March 2026 at 13:00 (Europe/Berlin); since then they opened it, answered',
    ],
    [
      'waiting for a slot',
      { state: 'queued', dueAt: now + WINDOW_MS.day, claimedAt: undefined },
      'waits for a free slot within their limit and outside their quiet hours, on 3 March 2026',
    ],
    ['put off', { state: 'deferred', response: '451 later' }, 'put it off ("451 later")'],
    ['refused', { state: 'failed', response: '550 no' }, 'refused it ("550 no")'],
    ['unknown', { state: 'unknown' }, 'the answer never came'],
    ['no consent', { state: 'skipped', reason: 'no consent' }, 'not agreed to letters about offers'],
    [
      'data missing',
      { state: 'skipped', reason: 'data missing', detail: 'profile.firstName' },
      'a value that we do not have: profile.firstName',
    ],
    [
      'over frequency',
      { state: 'skipped', reason: 'over frequency' },
      'no slot was free before 9 March 2026',
    ],
    [
      'not important',
      { state: 'skipped', reason: 'only important letters' },
      'asked for the most important letters only',
    ],
    ['holdout', { state: 'skipped', reason: 'holdout' }, 'in the holdout'],
    ['cancelled', { state: 'skipped', reason: 'cancelled' }, 'was cancelled'],
  ])('%s', (_case, own, words) => {
    expect(whySentence(run, customer, own && { ...send, ...own })).toContain(words);
  });
});
