import type { Setting } from '../config.ts';
import { parseLimits } from '../delivery/limits.ts';
import { parseServers } from '../delivery/server-list.ts';
import { parseWarmUps } from '../delivery/throttle-warm-up.ts';
import { DearError } from '../errors.ts';
import { eventNames } from '../profiles/event-names.ts';
import { parseRetention } from '../profiles/retention.ts';
import { readTraitSettings } from '../profiles/trait-settings.ts';

/** What is wrong with settings whose values are written in a small language of their own: each by whoever reads it. */
export function settingProblems(settings: readonly Setting[]): DearError[] {
  const values = new Map(settings.map(({ name, value }) => [name, value]));
  const text = (name: string) => values.get(name) ?? '';
  const given = (name: string) => text(name) || undefined;
  const traits = {
    orderEvents: text('ORDER_EVENTS'),
    refundEvents: text('REFUND_EVENTS'),
    orderMoney: text('ORDER_MONEY'),
    orderId: text('ORDER_ID'),
    loyalFrom: Number(text('LOYAL_FROM')),
    formerAfter: text('FORMER_AFTER'),
  };
  return [
    () => parseServers(text('SMTP_URL'), Number(text('SMTP_CONNECTIONS'))),
    () => parseLimits(given('DELIVERY_LIMITS'), undefined),
    () => parseLimits(undefined, given('SMTP_RATE')),
    () => parseWarmUps(given('WARM_UP')),
    () => parseRetention(given('RETENTION')),
    () => eventNames(given('EVENT_NAMES')),
    () => readTraitSettings(traits),
  ].flatMap(problemOf);
}

function problemOf(read: () => unknown): DearError[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof DearError) return [error];
    throw error;
  }
}
