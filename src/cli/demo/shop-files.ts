import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { type Shop, type ShopCustomer, type ShopEvent, TOPIC } from './shop.ts';

/** The sample shop as files, such as any shop could export them. */
export interface ShopFiles {
  readonly customers: string;
  readonly events: string;
  readonly segment: string;
}

/** The saved segment that the campaign names. */
const repeatBuyers = {
  name: 'repeat-buyers',
  about: 'Those who ordered at least twice in the last 90 days',
  rule: { did: 'order', atLeast: 2, within: '90d' },
};

/** Writes customers as CSV, events as JSON Lines and the segment as JSON into the folder. */
export async function writeShop(shop: Shop, folder: string): Promise<ShopFiles> {
  const files = {
    customers: join(folder, 'customers.csv'),
    events: join(folder, 'events.jsonl'),
    segment: join(folder, 'repeat-buyers.json'),
  };
  await pipeline(
    Readable.from(shop.customers.map(customerRow)),
    stringify({ header: true }),
    createWriteStream(files.customers),
  );
  await pipeline(Readable.from(shop.events.map(eventLine)), createWriteStream(files.events));
  await writeFile(files.segment, `${JSON.stringify(repeatBuyers, null, 2)}\n`);
  return files;
}

const iso = (at: number | undefined) => (at === undefined ? '' : new Date(at).toISOString());

function customerRow(customer: ShopCustomer) {
  return {
    email: customer.email,
    firstName: customer.firstName ?? '',
    lastName: customer.lastName,
    country: customer.country,
    language: customer.language,
    favouriteCategory: customer.favouriteCategory,
    club: customer.club ? 'yes' : 'no',
    timeZone: customer.timeZone,
    frequency: customer.frequency ?? '',
    quietHours: customer.quietHours ?? '',
    pausedUntil: iso(customer.pausedUntil),
    [`consent.${TOPIC}`]: customer.consent ?? '',
    'consent.club': customer.club ? 'in' : '',
    consentAt: iso(customer.consentAt),
  };
}

function eventLine({ at, ...event }: ShopEvent): string {
  return `${JSON.stringify({ ...event, at: iso(at) })}\n`;
}
