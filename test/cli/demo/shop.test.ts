import { describe, expect, test } from 'vitest';
import { CUSTOMERS, type Shop, sampleShop } from '../../../src/cli/demo/shop.ts';

const DAY = 86_400_000;
const day = Date.UTC(2026, 8, 30);

/** The shop with its dates as days before the day it was made. */
function ages({ customers, events }: Shop, today: number) {
  const age = (at: number | undefined) => (at === undefined ? undefined : today - at);
  return {
    customers: customers.map((one) => ({
      ...one,
      consentAt: age(one.consentAt),
      pausedUntil: age(one.pausedUntil),
    })),
    events: events.map((one) => ({ ...one, at: age(one.at) })),
  };
}

/** Who ordered at least twice in the 90 days before a moment. */
function repeatBuyers({ events }: Shop, now: number): string[] {
  const orders = new Map<string, number>();
  for (const { email, type, at } of events) {
    if (type === 'order' && at > now - 90 * DAY && at <= now) orders.set(email, (orders.get(email) ?? 0) + 1);
  }
  return [...orders].filter(([, count]) => count >= 2).map(([email]) => email);
}

describe('the sample shop', () => {
  const shop = sampleShop(day);

  test('is the same every time, on any day and at any hour', () => {
    expect(sampleShop(day)).toEqual(shop);
    expect(sampleShop(day + 23 * 3_600_000)).toEqual(shop);
    const later = day + 500 * DAY;
    expect(ages(sampleShop(later), later)).toEqual(ages(shop, day));
  });

  test('has the same repeat buyers from midnight to midnight', () => {
    const atMidnight = repeatBuyers(shop, day).sort();
    expect(atMidnight.length).toBeGreaterThan(300);
    expect(repeatBuyers(shop, day + DAY - 1).sort()).toEqual(atMidnight);
  });

  test('has a thousand customers, each with an address of their own', () => {
    const addresses = shop.customers.map(({ email }) => email);
    expect(addresses).toHaveLength(CUSTOMERS);
    expect(new Set(addresses).size).toBe(CUSTOMERS);
    for (const address of addresses) expect(address).toMatch(/^[a-z0-9.]+@example\.test$/);
  });

  test('has only events that have happened, in order, each once', () => {
    const times = shop.events.map(({ at }) => at);
    expect(Math.max(...times)).toBeLessThan(day);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(shop.events.map((event) => JSON.stringify(event))).size).toBe(shop.events.length);
  });

  test('has every kind of customer among the repeat buyers', () => {
    const buyers = new Set(repeatBuyers(shop, day));
    const among = shop.customers.filter(({ email }) => buyers.has(email));
    const kinds: ((customer: (typeof among)[number]) => boolean)[] = [
      (one) => one.consent === 'in',
      (one) => one.consent === 'out',
      (one) => one.consent === undefined,
      (one) => one.suppressed !== undefined,
      (one) => one.firstName === undefined,
      (one) => one.pausedUntil !== undefined,
      (one) => one.quietHours !== undefined,
      (one) => one.club && one.consent === 'in' && one.frequency === '1 per month',
      (one) => one.club && one.consent === 'in' && one.frequency === '1 per week',
    ];
    for (const kind of kinds) expect(among.filter(kind).length).toBeGreaterThan(1);
  });
});
