import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

/** Files of customers and of what they did. */
export const dataFiles = (folder: string) => ({
  profiles: join(folder, 'profiles.csv'),
  events: join(folder, 'events.csv'),
});

const YEAR_MS = 365 * 86_400_000;
const OPEN_SESSIONS = 200;
const countries = ['France', 'Germany', 'Poland', 'Spain', 'United Kingdom', 'Japan', 'Italy', 'Sweden'];
const names = ['Ann', 'Zoë', 'Piotr', 'Łucja', 'Mary Ann', 'José', 'Ben', 'Siân', 'Grace', '健太'];

/** Numbers from 0 below 1, the same for the same seed: a linear congruential generator (Numerical Recipes). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[Math.floor(at * list.length)];

/** Customers in the order in which they joined. */
function* profileRows(count: number): Generator<string> {
  const next = random(7);
  yield 'email,firstName,country,customer,points,club,consent.offers,consentAt\n';
  for (let index = 0; index < count; index += 1) {
    const club = next() < 0.25 ? 'yes' : 'no';
    yield `customer-${index}@example.test,${pick(names, next())},${pick(countries, next())},C${index},${Math.floor(next() * 5000)},${club},in,2024-01-15T10:00:00Z\n`;
  }
}

interface Session {
  customer: number;
  left: number;
}

/**
 * Three years of events in the order of time, as a shop's own log has them. Customers come in visits of some five
 * events, 200 of them at once; four visits of five are by customers of the last half year or so, the fifth is by
 * anybody who has joined by then.
 */
function* eventRows(count: number, profiles: number, until: number): Generator<string> {
  const next = random(11);
  const from = until - 3 * YEAR_MS;
  const joined = (share: number) => Math.max(1, Math.floor(profiles * (0.05 + 0.95 * share)));
  const visitor = (share: number) => {
    const known = joined(share);
    if (next() < 0.2) return Math.floor(next() * known);
    return Math.max(0, Math.floor(known - 1 + Math.log(next() + 1e-9) * 0.15 * known));
  };
  const begin = (share: number): Session => ({ customer: visitor(share), left: 1 + Math.floor(next() * 9) });
  const sessions = Array.from({ length: OPEN_SESSIONS }, () => begin(0));
  yield 'email,type,at,product,total,campaign,score\n';
  for (let index = 0; index < count; index += 1) {
    const share = index / count;
    const place = Math.floor(next() * OPEN_SESSIONS);
    const session = sessions[place] ?? begin(share);
    const at = new Date(from + Math.floor(share * 3 * YEAR_MS)).toISOString();
    yield `customer-${session.customer}@example.test,${what(next, at)}\n`;
    session.left -= 1;
    if (session.left <= 0) sessions[place] = begin(share);
  }
}

/** Of ten events six are views, two orders, one a letter's, one anything else. */
function what(next: () => number, at: string): string {
  const kind = next();
  const product = `sku-${Math.floor(next() * 2000)}`;
  if (kind < 0.6) return `view,${at},${product},,,`;
  if (kind < 0.8) return `order,${at},${product},${(5 + next() * 120).toFixed(2)},,`;
  if (kind < 0.87) return `opened,${at},,,letter-${Math.floor(next() * 30)},`;
  if (kind < 0.89) return `clicked,${at},,,letter-${Math.floor(next() * 30)},`;
  if (kind < 0.9) return `replied,${at},,,letter-${Math.floor(next() * 30)},`;
  return kind < 0.95 ? `ticket,${at},${product},,,` : `survey,${at},,,,${1 + Math.floor(next() * 10)}`;
}

/** Writes both files in a stream. The same sizes and `until` (ms) give the same bytes. */
export async function writeDataFiles(
  folder: string,
  size: { readonly profiles: number; readonly events: number; readonly until: number },
): Promise<void> {
  const files = dataFiles(folder);
  await write(files.profiles, profileRows(size.profiles));
  await write(files.events, eventRows(size.events, size.profiles, size.until));
}

async function write(path: string, rows: Iterable<string>): Promise<void> {
  const file = createWriteStream(path);
  let block = '';
  for (const row of rows) {
    block += row;
    if (block.length < 262_144) continue;
    if (!file.write(block)) await once(file, 'drain');
    block = '';
  }
  file.end(block);
  await once(file, 'finish');
}
