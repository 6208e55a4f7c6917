import { DearError } from '../errors.ts';
import { wireDomain } from './address.ts';

/** A limit in the manner of a leaky bucket: in any window at most `perSecond` × seconds + `burst` letters. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What the settings say about the speed at which letters may leave. */
export interface Limits {
  /** The name of the group of a domain (its first domain), or the domain itself when it is in none. */
  groupOf(domain: string): string;
  /** The limit of a group; undefined when there is none. */
  rateTo(group: string): Rate | undefined;
  /** How many letters may be on their way to a group at the same time; undefined when nobody said. */
  connectionsTo(group: string): number | undefined;
  /** The limit of all servers together. */
  readonly server: Rate | undefined;
  /** Whether any of this limits any destination. */
  readonly anyDestination: boolean;
}

/** The limits of one group. */
interface GroupLimit {
  readonly rate: Rate | undefined;
  readonly connections: number | undefined;
}

const MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Letters wait in the ledger and are looked at each second, so a burst must cover two seconds' worth. */
const BURST_SECONDS = 2;
const MOST_A_SECOND = 100_000;
const MOST_CONNECTIONS = 10_000;

/**
 * Reads DELIVERY_LIMITS (`gmail.com,googlemail.com=20/s connections=5; outlook.com=600/m burst=50; *=50/s`) and
 * SMTP_RATE (`200/s`). A group has a rate, connections, or both. `*` is a limit for each domain that is in no group,
 * not for all of them together. The burst is two seconds' worth, at least one letter, when it is not said.
 * @throws DearError `limits.invalid`, kind usage.
 */
export function parseLimits(groups: string | undefined, server: string | undefined): Limits {
  const names = new Map<string, string>();
  const limits = new Map<string, GroupLimit>();
  for (const entry of (groups ?? '').split(/[;\n]/)) {
    if (entry.trim() !== '') readGroup(entry.trim(), names, limits);
  }
  const others = limits.get('*');
  return {
    groupOf: (domain) => names.get(domain.toLowerCase()) ?? domain.toLowerCase(),
    rateTo: (group) => (limits.get(group) ?? others)?.rate,
    connectionsTo: (group) => (limits.get(group) ?? others)?.connections,
    anyDestination: limits.size > 0,
    server: server === undefined ? undefined : readRate('SMTP_RATE', server),
  };
}

function readGroup(entry: string, names: Map<string, string>, limits: Map<string, GroupLimit>): void {
  const equals = entry.indexOf('=');
  if (equals < 1) throw wrong('DELIVERY_LIMITS', `'${shown(entry)}' has no '='`);
  const domains = entry.slice(0, equals).split(',').map(readDomain);
  const [name = ''] = domains;
  for (const domain of domains) {
    if (names.has(domain)) throw wrong('DELIVERY_LIMITS', `'${domain}' is named twice`);
    if (domain === '*' && domains.length > 1) throw wrong('DELIVERY_LIMITS', "'*' stands alone");
    names.set(domain, name);
  }
  limits.set(name, readGroupLimit(entry.slice(equals + 1)));
}

function readGroupLimit(text: string): GroupLimit {
  const pattern = /(?:^|\s)connections=(\S*)/;
  const [, connections] = pattern.exec(text) ?? [];
  const rest = text.replace(pattern, '');
  if (connections === undefined) return { rate: readRate('DELIVERY_LIMITS', text), connections: undefined };
  const count = /^\d{1,5}$/.test(connections) ? Number(connections) : 0;
  if (count < 1 || count > MOST_CONNECTIONS)
    throw wrong(
      'DELIVERY_LIMITS',
      `'connections=${shown(connections)}' is no whole number from 1 to ${MOST_CONNECTIONS}`,
    );
  return {
    rate: rest.trim() === '' ? undefined : readRate('DELIVERY_LIMITS', rest),
    connections: count,
  };
}

function readDomain(text: string): string {
  const domain = text.trim().toLowerCase();
  const ascii = domain === '*' ? domain : wireDomain(domain);
  if (ascii === undefined) throw wrong('DELIVERY_LIMITS', `'${shown(domain)}' is no domain`);
  return ascii;
}

function readRate(setting: string, text: string): Rate {
  const pattern = /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*\/\s*([smhd])(?:\s+burst=(\d{1,9}))?\s*$/;
  const [, count, unit, burst] = pattern.exec(text) ?? [];
  const perSecond = (Number(count) / (MS[unit ?? ''] ?? Number.NaN)) * 1000;
  if (!(perSecond > 0) || perSecond > MOST_A_SECOND || burst === '0')
    throw wrong(setting, `'${shown(text.trim())}' is no rate`);
  const own = burst === undefined ? undefined : Number(burst);
  return { perSecond, burst: own ?? usualBurst(perSecond) };
}

/** The burst of a rate (letters a second) that names none. */
export function usualBurst(perSecond: number): number {
  return Math.max(1, Math.ceil(BURST_SECONDS * perSecond));
}

const shown = (text: string) => text.slice(0, 60);

function wrong(setting: string, what: string): DearError {
  const example =
    setting === 'SMTP_RATE'
      ? '200/s'
      : 'gmail.com,googlemail.com=20/s connections=5; outlook.com=600/m burst=50; *=50/s';
  return new DearError('limits.invalid', `${setting} cannot be used: ${what}.`, {
    kind: 'usage',
    mend: `It looks like ${example}. Units are s, m, h and d; burst and connections are optional.`,
  });
}
