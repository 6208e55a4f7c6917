import { parseDuration } from '../duration.ts';
import { DearError } from '../errors.ts';

/** What makes an order, what it is worth, and where the stages of a customer's life begin. */
export interface TraitSettings {
  /** Types of the events that are orders, or lines of one. */
  readonly orderEvents: readonly string[];
  /** Types of the events that take an order back, wholly or in part. */
  readonly refundEvents: readonly string[];
  /** Ways to read an event's money, the first that fits counts; each is a product of properties. */
  readonly money: readonly (readonly string[])[];
  /** Properties that name the order that an event belongs to, the first that is there counts. */
  readonly orderIds: readonly string[];
  /** So many orders make a customer loyal. */
  readonly loyalFrom: number;
  /** ms without an order after which a customer is a former one. */
  readonly formerAfter: number;
}

/** The settings as people write them. */
export interface WrittenTraitSettings {
  readonly orderEvents: string;
  readonly refundEvents: string;
  readonly orderMoney: string;
  readonly orderId: string;
  readonly loyalFrom: number;
  readonly formerAfter: string;
}

export const writtenDefaults: WrittenTraitSettings = {
  orderEvents: 'order',
  refundEvents: 'refund, return, cancel, cancellation',
  orderMoney: 'total, price*quantity, amount, value, revenue, price',
  orderId: 'order, orderId, order_id, invoice, invoiceId, invoice_id',
  loyalFrom: 3,
  formerAfter: '365d',
};

const MOST_NAMES = 20;

/** @throws DearError `config.traits` (usage) naming the setting that cannot be used. */
export function readTraitSettings(written: WrittenTraitSettings): TraitSettings {
  const orderEvents = namesOf('ORDER_EVENTS', written.orderEvents, ',');
  const refundEvents =
    written.refundEvents === 'none' ? [] : namesOf('REFUND_EVENTS', written.refundEvents, ',');
  const both = orderEvents.find((type) => refundEvents.includes(type));
  if (both !== undefined) {
    throw unusable('REFUND_EVENTS', `names ${JSON.stringify(both)}, which ORDER_EVENTS names too`);
  }
  return {
    orderEvents,
    refundEvents,
    money: namesOf('ORDER_MONEY', written.orderMoney, ',').map((way) => namesOf('ORDER_MONEY', way, '*')),
    orderIds: written.orderId === 'none' ? [] : namesOf('ORDER_ID', written.orderId, ','),
    loyalFrom: written.loyalFrom,
    formerAfter: parseDuration(written.formerAfter),
  };
}

function namesOf(setting: string, text: string, separator: string): string[] {
  const names = text.split(separator).map((name) => name.trim());
  if (names.includes(''))
    throw unusable(setting, `has an empty name in ${JSON.stringify(text.slice(0, 60))}`);
  if (names.length > MOST_NAMES) throw unusable(setting, `lists more than ${MOST_NAMES} names`);
  return [...new Set(names)];
}

function unusable(setting: string, what: string): DearError {
  return new DearError('config.traits', `The setting ${setting} ${what}.`, {
    kind: 'usage',
    mend: 'Write names with commas between them; ORDER_MONEY also takes products: total, price*quantity.',
  });
}

export const defaultTraitSettings: TraitSettings = readTraitSettings(writtenDefaults);

/** What stored figures depend on: where it differs, they are of no use. */
export function definitionOf({ orderEvents, refundEvents, money, orderIds }: TraitSettings): string {
  return JSON.stringify({ orderEvents, refundEvents, money, orderIds });
}
