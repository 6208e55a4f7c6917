import { AMOUNT_UNITS, amountOf, LARGEST_TOTAL, unitsOf } from './amounts.ts';
import type { TraitSettings } from './trait-settings.ts';

const DAY = 86_400_000;

/** `prospect` never ordered, `former` not for long; of the others `loyal` ordered often, `customer` did not yet. */
export const stages = ['prospect', 'customer', 'loyal', 'former'] as const;
export type Stage = (typeof stages)[number];

/** What is kept of a profile's orders; money in {@link AMOUNT_UNITS}, times in ms since 1970 UTC. */
export interface OrderFigures {
  /** Orders that were not taken back wholly. */
  readonly orders: number;
  /** Of all orders, less what was taken back. */
  readonly orderTotal: number;
  readonly firstOrderAt: number | undefined;
  readonly lastOrderAt: number | undefined;
}

export const noOrders: OrderFigures = {
  orders: 0,
  orderTotal: 0,
  firstOrderAt: undefined,
  lastOrderAt: undefined,
};

/** What is derived from the events of a profile; nobody types it in. */
export interface Traits {
  /** ms since 1970 UTC. */
  readonly firstOrder: number | undefined;
  readonly lastOrder: number | undefined;
  readonly orders: number;
  readonly orderTotal: number;
  /** Undefined without an order. */
  readonly averageOrder: number | undefined;
  /** Whole days of 24 hours. */
  readonly daysSinceLastOrder: number | undefined;
  readonly stage: Stage;
  readonly opens30: number;
  readonly opens90: number;
  readonly clicks30: number;
  readonly clicks90: number;
  readonly replies30: number;
  readonly replies90: number;
}

export type TraitName = keyof Traits;

/** How many opens, clicks and replies in the days before now; every trait of this kind is one of them. */
export const engagement = {
  opens30: { type: 'opened', days: 30 },
  opens90: { type: 'opened', days: 90 },
  clicks30: { type: 'clicked', days: 30 },
  clicks90: { type: 'clicked', days: 90 },
  replies30: { type: 'replied', days: 30 },
  replies90: { type: 'replied', days: 90 },
} as const;

export type EngagementName = keyof typeof engagement;
export type Engagement = Readonly<Record<EngagementName, number>>;

/** The moment (ms) after which an event of an engagement trait must have happened. */
export const engagedAfter = (name: EngagementName, now: number) => now - engagement[name].days * DAY;

/** The traits at `now` (ms) of a profile with these figures, which leave out what lies after `now`. */
export function traitsFrom(
  { orders, orderTotal, firstOrderAt, lastOrderAt }: OrderFigures,
  engaged: Engagement,
  now: number,
  settings: TraitSettings,
): Traits {
  return {
    firstOrder: firstOrderAt,
    lastOrder: lastOrderAt,
    orders,
    orderTotal: orderTotal / AMOUNT_UNITS,
    averageOrder: orders === 0 ? undefined : Math.floor(orderTotal / orders + 0.5) / AMOUNT_UNITS,
    daysSinceLastOrder: lastOrderAt === undefined ? undefined : Math.floor((now - lastOrderAt) / DAY),
    stage: stageOf(orders, lastOrderAt, now, settings),
    ...engaged,
  };
}

function stageOf(orders: number, lastAt: number | undefined, now: number, settings: TraitSettings): Stage {
  if (lastAt === undefined) return 'prospect';
  if (now - lastAt > settings.formerAfter) return 'former';
  return orders >= settings.loyalFrom ? 'loyal' : 'customer';
}

/** An event as traits see it. */
export interface TraitEvent {
  readonly type: string;
  readonly at: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * The traits of a profile from all its events, in any order: what every faster way must agree with.
 * Events later than `now` (ms) have not happened yet.
 */
export function traitsOf(events: readonly TraitEvent[], now: number, settings: TraitSettings): Traits {
  const past = events.filter(({ at }) => at <= now);
  const engaged = Object.fromEntries(
    engagementNames.map((name) => [name, timesEngaged(past, name, now)]),
  ) as Record<EngagementName, number>;
  return traitsFrom(figuresOf(past, settings), engaged, now, settings);
}

/** The names of the engagement traits; Object.keys forgets them. */
export const engagementNames = Object.keys(engagement) as EngagementName[];

const timesEngaged = (events: readonly TraitEvent[], name: EngagementName, now: number) =>
  events.filter(({ type, at }) => type === engagement[name].type && at > engagedAfter(name, now)).length;

/** One order with all its lines and what was taken back of it. */
interface Order {
  at: number | undefined;
  gross: number;
  back: number;
  voided: boolean;
}

/**
 * The figures of a profile from its events. Events with one order id are lines of one order, whose moment is its
 * first line's. What takes an order back counts against the order of its id: with money by so much, without money
 * wholly; an order that is worth nothing any more does not count.
 */
export function figuresOf(events: readonly TraitEvent[], settings: TraitSettings): OrderFigures {
  const orders = new Map<string, Order>();
  for (const [index, event] of events.entries()) {
    const isOrder = settings.orderEvents.includes(event.type);
    if (!isOrder && !settings.refundEvents.includes(event.type)) continue;
    const id = orderIdOf(event, settings);
    const key = id === undefined ? `#${index}` : `=${id}`;
    const order = orders.get(key) ?? { at: undefined, gross: 0, back: 0, voided: false };
    orders.set(key, order);
    const money = moneyOf(event, settings);
    if (isOrder) {
      order.at = Math.min(order.at ?? event.at, event.at);
      order.gross += money ?? 0;
    } else if (money !== undefined) order.back += Math.abs(money);
    else order.voided = true;
  }
  const kept = [...orders.values()].flatMap(({ at, gross, back, voided }) =>
    at !== undefined && !voided && (back === 0 || gross > back) ? [at] : [],
  );
  const total = [...orders.values()].reduce((sum, one) => sum + (one.voided ? 0 : one.gross - one.back), 0);
  return {
    orders: kept.length,
    orderTotal: Math.max(-LARGEST_TOTAL, Math.min(LARGEST_TOTAL, total)),
    firstOrderAt: kept.length === 0 ? undefined : Math.min(...kept),
    lastOrderAt: kept.length === 0 ? undefined : Math.max(...kept),
  };
}

function orderIdOf({ properties }: TraitEvent, { orderIds }: TraitSettings): string | undefined {
  for (const key of orderIds) {
    const value = own(properties, key);
    if (typeof value === 'string' || typeof value === 'number') return String(value);
  }
  return undefined;
}

/** An event's money in units; undefined when it says nothing about money. */
function moneyOf({ properties }: TraitEvent, { money }: TraitSettings): number | undefined {
  for (const factors of money) {
    const values = factors.map((key) => own(properties, key));
    if (values.every((value) => typeof value === 'number')) {
      return unitsOf(amountOf(values.reduce((product: number, value) => product * amountOf(value), 1)));
    }
  }
  return undefined;
}

const own = (values: TraitEvent['properties'], key: string): unknown =>
  Object.hasOwn(values, key) ? values[key] : undefined;

/** When a fold ends before it is done. */
export interface FoldOptions {
  readonly signal?: AbortSignal;
  readonly budgetMs?: number;
}

/** The traits of profiles, kept up to date by folding what was marked. */
export interface TraitStore {
  /** A profile's traits at `now` (ms), from its events: never out of date. */
  of(profileId: number, now: number): Promise<Traits>;
  /** The traits of many profiles, by id, in two queries; for some hundreds at a time. Those who do not exist have some too. */
  ofMany(profileIds: readonly number[], now: number): Promise<Map<number, Traits>>;
  /**
   * Brings stored figures up to date, in chunks, until nothing waits, `signal` aborts or `budgetMs` are over.
   * Several may run at once: one works, the others return at once. Rules are right without it, only slower.
   * @returns whether nothing waits any more.
   */
  fold(options?: FoldOptions): Promise<boolean>;
  /** Whether something waits to be folded. */
  waits(): Promise<boolean>;
  /** Lets the figures of all profiles be made anew, by the folds that come. */
  rebuild(): Promise<void>;
}
