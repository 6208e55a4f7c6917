import { inArray, sql } from 'drizzle-orm';
import { searchMails } from '../inbox/naming.ts';
import { normaliseEmail } from '../profiles/email.ts';
import { mailFactsSchema } from '../tracking/arrivals.ts';
import type { Store } from './database.ts';

/** What is read at once: so much, and so many. */
const PORTION_BYTES = 4 * 1024 * 1024;
const PORTION_MAILS = 100;

/**
 * Mails that answer no letter and name one of the addresses, in whatever encoding. They are read in portions and
 * taken apart off the event loop.
 */
export async function mailsNaming(store: Store, addresses: readonly string[]): Promise<number[]> {
  if (addresses.length === 0) return [];
  const search = searchMails(addresses);
  const found: number[] = [];
  try {
    for (const ids of await portions(store)) {
      const mails = await mailsOf(store, ids);
      const named = await search.named(mails.map(({ raw }) => new Uint8Array(raw)));
      found.push(
        ...mails
          .filter(({ facts }, index) => named[index] === true || isInEnvelope(facts, addresses))
          .map(({ id }) => id),
      );
    }
  } finally {
    await search.close();
  }
  return found;
}

async function portions(store: Store): Promise<number[][]> {
  const query = sql`SELECT id, length(raw) AS bytes FROM arrivals
    WHERE kind = 'mail' AND send_id IS NULL AND raw IS NOT NULL`;
  const all: number[][] = [];
  let portion: number[] = [];
  let size = 0;
  for await (const rows of store.scan<{ id: number; bytes: number }>(query)) {
    for (const { id, bytes } of rows) {
      if (portion.length > 0 && (size + bytes > PORTION_BYTES || portion.length >= PORTION_MAILS)) {
        all.push(portion);
        portion = [];
        size = 0;
      }
      portion.push(id);
      size += bytes;
    }
  }
  return portion.length > 0 ? [...all, portion] : all;
}

/** Those that are still kept. */
async function mailsOf(store: Store, ids: readonly number[]) {
  const { arrivals } = store.tables;
  const rows = await store.orm
    .select({ id: arrivals.id, facts: arrivals.facts, raw: arrivals.raw })
    .from(arrivals)
    .where(inArray(arrivals.id, [...ids]));
  return rows.flatMap(({ raw, ...row }) => (raw === null ? [] : [{ ...row, raw }]));
}

function isInEnvelope(facts: unknown, addresses: readonly string[]): boolean {
  const { data } = mailFactsSchema.safeParse(facts);
  return [data?.from ?? '', ...(data?.to ?? [])].some((address) =>
    addresses.includes(normaliseEmail(address) ?? ''),
  );
}
