import { type Chance, chanceOf } from './chance.ts';
import { type Good, goods, priceIn } from './goods.ts';
import { plainName } from './names.ts';
import { type Place, places } from './places.ts';

export const CUSTOMERS = 1000;
export const TOPIC = 'offers';
const DAY = 86_400_000;
const HOUR = 3_600_000;

/** A customer of the sample shop: what the shop knows, and (`engagement`) what only the simulation does. */
export interface ShopCustomer {
  readonly email: string;
  /** A few never gave it. */
  readonly firstName: string | undefined;
  readonly lastName: string;
  readonly country: string;
  readonly language: string;
  readonly favouriteCategory: string;
  /** Whether they are in the garden club, to which the shop wrote a moment ago. */
  readonly club: boolean;
  readonly timeZone: string;
  readonly consent: 'in' | 'out' | undefined;
  readonly consentAt: number;
  readonly frequency: string | undefined;
  readonly quietHours: string | undefined;
  readonly pausedUntil: number | undefined;
  readonly suppressed: string | undefined;
  /** How readily they read what the shop writes, from 0 to 1. */
  readonly engagement: number;
}

/** An order line, or a look at a product. */
export interface ShopEvent {
  readonly email: string;
  readonly type: 'order' | 'view';
  readonly at: number;
  readonly product: string;
  readonly category: string;
  readonly quantity: number | undefined;
  readonly price: number;
  readonly currency: string;
}

export interface Shop {
  readonly customers: readonly ShopCustomer[];
  /** In the order in which they happened. */
  readonly events: readonly ShopEvent[];
}

interface Habit {
  readonly weight: number;
  /** Orders in the last 88 days, at least and at most. */
  readonly recent: readonly [number, number];
  /** Orders before, up to two years ago. */
  readonly earlier: readonly [number, number];
  readonly views: readonly [number, number];
  readonly engagement: readonly [number, number];
}

const habits: readonly Habit[] = [
  { weight: 18, recent: [0, 1], earlier: [0, 0], views: [1, 6], engagement: [5, 55] },
  { weight: 20, recent: [0, 0], earlier: [1, 4], views: [0, 3], engagement: [0, 30] },
  { weight: 16, recent: [1, 1], earlier: [1, 3], views: [1, 5], engagement: [15, 60] },
  { weight: 32, recent: [2, 3], earlier: [0, 4], views: [2, 8], engagement: [25, 80] },
  { weight: 14, recent: [3, 7], earlier: [3, 9], views: [4, 14], engagement: [50, 100] },
];

/**
 * Hazel & Pine, a made-up shop for garden and outdoors. The same customers every time; only the dates move along
 * with the day, so that "in the last 90 days" finds the same customers on any day and at any hour.
 * @param now ms since 1970; rounded down to the day (UTC)
 */
export function sampleShop(now: number): Shop {
  const today = Math.floor(now / DAY) * DAY;
  const customers: ShopCustomer[] = [];
  const events: ShopEvent[] = [];
  for (let index = 1; index <= CUSTOMERS; index += 1) {
    const chance = chanceOf('shop', index);
    const place = chance.weighted('place', places);
    const habit = chance.weighted('habit', habits);
    const customer = customerOf(index, chance, place, habit, today);
    customers.push(customer);
    events.push(...eventsOf(customer, chance, place, habit, today));
  }
  return { customers, events: events.sort((a, b) => a.at - b.at) };
}

function customerOf(index: number, chance: Chance, place: Place, habit: Habit, today: number): ShopCustomer {
  const firstName = chance.is('nameless', 0.03) ? undefined : chance.of('first name', place.firstNames);
  const lastName = chance.of('last name', place.lastNames);
  const limit = chance.weighted('limit', limits).text;
  const consent = chance.weighted('consent', consents).state;
  return {
    email: `${[firstName ?? '', lastName].map(plainName).filter(Boolean).join('.') || 'customer'}.${index}@example.test`,
    firstName,
    lastName,
    country: place.country,
    language: place.language,
    favouriteCategory: chance.of('favourite', goods).category,
    club: chance.is('club', limit === undefined ? 0.08 : 0.5),
    timeZone: chance.of('zone', place.zones),
    consent,
    consentAt: today - chance.between('consent age', 100, 700) * DAY,
    frequency: limit,
    quietHours: chance.is('quiet', 0.07) ? chance.of('quiet hours', quietHours) : undefined,
    pausedUntil: chance.is('pause', 0.02) ? today + chance.between('pause length', 10, 40) * DAY : undefined,
    suppressed: chance.is('suppressed', 0.015)
      ? chance.of('suppression', ['hard bounce', 'complaint'])
      : undefined,
    engagement: chance.between('engagement', ...habit.engagement) / 100,
  };
}

const limits = [
  { weight: 78, text: undefined },
  { weight: 7, text: '1 per month' },
  { weight: 7, text: '1 per week' },
  { weight: 5, text: '3 per month' },
  { weight: 3, text: '1 per day' },
] as const;

const consents = [
  { weight: 84, state: 'in' },
  { weight: 9, state: undefined },
  { weight: 7, state: 'out' },
] as const;

const quietHours = ['21:00-08:00', '22:00-07:00', '20:00-09:00'] as const;

function eventsOf(
  customer: ShopCustomer,
  chance: Chance,
  place: Place,
  habit: Habit,
  today: number,
): ShopEvent[] {
  const events: ShopEvent[] = [];
  const add = (
    what: string,
    type: ShopEvent['type'],
    count: readonly [number, number],
    days: readonly [number, number],
  ) => {
    const times = chance.between(what, ...count);
    for (let nth = 1; nth <= times; nth += 1) {
      const its = (fact: string) => `${what} ${nth} ${fact}`;
      const day = today - chance.between(its('day'), ...days) * DAY;
      const good = pick(chance, its, customer.favouriteCategory);
      events.push({
        email: customer.email,
        type,
        at: day + chance.between(its('hour'), 7, 21) * HOUR + chance.between(its('second'), 0, 3599) * 1000,
        product: good.product,
        category: good.category,
        quantity: type === 'order' ? chance.weighted(its('quantity'), quantities).count : undefined,
        price: priceIn(place.currency, good.euros),
        currency: place.currency,
      });
    }
  };
  // None lies so close to 90 days ago that the hour of the day would decide.
  add('recent order', 'order', habit.recent, [1, 88]);
  add('earlier order', 'order', habit.earlier, [95, 700]);
  add('view', 'view', habit.views, [1, 60]);
  return events;
}

const quantities = [
  { weight: 75, count: 1 },
  { weight: 18, count: 2 },
  { weight: 7, count: 3 },
] as const;

/** Mostly from the shelf they like best. */
function pick(chance: Chance, its: (fact: string) => string, favourite: string): Good {
  const shelf = chance.is(its('favourite'), 0.6)
    ? goods.filter((good) => good.category === favourite)
    : goods;
  return chance.of(its('good'), shelf);
}
