import { isDayText } from '../segments/dates.ts';

/** How a helper may be called: how many values it takes, and which settings (`name=value`). */
export interface HelperShape {
  readonly values: readonly [least: number, most: number];
  readonly options?: readonly string[];
  /** What its values are read for; `need` means that a value that is missing makes the letter lack it. */
  readonly reads: 'need' | 'value' | 'test';
}

/** Helpers that stand before a block: `{{#each …}}…{{/each}}`. */
export const blockHelpers: readonly string[] = ['if', 'unless', 'each', 'with'];

/** Helpers that give a value. */
export const helperShapes: Readonly<Record<string, HelperShape>> = {
  default: { values: [2, 9], reads: 'value' },
  money: { values: [2, 2], options: ['locale'], reads: 'need' },
  number: { values: [1, 1], options: ['locale', 'decimals'], reads: 'need' },
  date: { values: [1, 1], options: ['locale', 'zone', 'style'], reads: 'need' },
  url: { values: [1, 1], reads: 'need' },
  upper: { values: [1, 1], reads: 'need' },
  lower: { values: [1, 1], reads: 'need' },
  title: { values: [1, 1], reads: 'need' },
  eq: { values: [2, 2], reads: 'value' },
  gt: { values: [2, 2], reads: 'value' },
  lt: { values: [2, 2], reads: 'value' },
  and: { values: [2, 9], reads: 'test' },
  or: { values: [2, 9], reads: 'test' },
  not: { values: [1, 1], reads: 'test' },
};

/** Used where a template names no locale or time zone; never those of the process. */
const defaultLocale = 'en-GB';
const defaultZone = 'UTC';

interface Call {
  readonly hash: Readonly<Record<string, unknown>>;
}

type Helper = (...given: unknown[]) => unknown;

/**
 * The helpers themselves. Each is total: what it cannot format is undefined, which counts as a missing value.
 * The last argument holds the settings of the call, `name=value`.
 */
export const helpers: Readonly<Record<string, Helper>> = {
  default: (...given) => given.slice(0, -1).find((value) => !isMissing(value)),
  money: (value, currency, call) => money(value, currency, optionsOf(call)),
  number: (value, call) => plainNumber(value, optionsOf(call)),
  date: (value, call) => date(value, optionsOf(call)),
  url: (value) => {
    if (typeof value === 'string' && unreserved.test(value)) return value;
    return isMissing(value) ? undefined : encodeURIComponent(wellFormed(clean(textOf(value))));
  },
  upper: (value) => textOf(value).toUpperCase(),
  lower: (value) => textOf(value).toLowerCase(),
  title: (value) => title(textOf(value)),
  eq: (a, b) => scalar(a) === scalar(b),
  gt: (a, b) => compare(a, b) > 0,
  lt: (a, b) => compare(a, b) < 0,
  and: (...given) => given.slice(0, -1).every(holds),
  or: (...given) => given.slice(0, -1).some(holds),
  not: (value) => !holds(value),
};

/** What `encodeURIComponent` leaves as it is: most keys and numbers. */
const unreserved = /^[\w.~!*'()-]+$/;

/** Nothing that a letter could show: absent, null, or text without a visible character. */
export function isMissing(value: unknown): boolean {
  if (typeof value === 'string') return value.length < 64 && clean(value).trim() === '';
  if (value === undefined || value === null) return true;
  if (typeof value === 'number') return !Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isMissing);
  return typeof value === 'object';
}

/** A value as a letter shows it; a list with commas, an object not at all. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (Array.isArray(value))
    return value
      .filter((part) => !isMissing(part))
      .map(textOf)
      .join(', ');
  return '';
}

// Control characters and line breaks of every kind, and the marks that turn the direction of the text around them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unwanted = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/;
const allUnwanted = new RegExp(unwanted, 'g');

/** Text of a customer that stays on its line and in its place: no control characters, no line breaks. */
export function clean(text: string): string {
  return unwanted.test(text) ? text.replace(allUnwanted, ' ') : text;
}

function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

function optionsOf(call: unknown): Readonly<Record<string, unknown>> {
  return isCallOptions(call) ? call.hash : {};
}

function isCallOptions(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'hash' in value;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
    return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function money(value: unknown, currency: unknown, options: Call['hash']): string | undefined {
  const amount = numberOf(value);
  if (amount === undefined) return undefined;
  const { locale } = options;
  if (lastMoney === undefined || lastMoney.currency !== currency || lastMoney.locale !== locale) {
    if (typeof currency !== 'string' || !/^[A-Za-z]{3}$/.test(currency)) return undefined;
    const numbers = numberFormat(locale, { style: 'currency', currency: currency.toUpperCase() });
    lastMoney = { currency, locale, numbers };
  }
  return formatted(lastMoney.numbers, amount);
}

/** Of the last amount: a letter's are mostly alike, and finding it takes as long as all the rest. */
let lastMoney:
  | { readonly currency: unknown; readonly locale: unknown; readonly numbers: Numbers }
  | undefined;

function plainNumber(value: unknown, options: Call['hash']): string | undefined {
  const amount = numberOf(value);
  if (amount === undefined) return undefined;
  const decimals = numberOf(options.decimals);
  const digits = decimals === undefined ? undefined : Math.min(20, Math.max(0, Math.trunc(decimals)));
  const fixed = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return formatted(numberFormat(options.locale, fixed), amount);
}

const styles = ['full', 'long', 'medium', 'short'] as const;

/** An instant: milliseconds since 1970, or ISO 8601 text; text without an offset is taken as UTC. */
function date(value: unknown, options: Call['hash']): string | undefined {
  const at = instant(value);
  if (at === undefined) return undefined;
  const style = styles.find((name) => name === options.style) ?? 'long';
  const zone = typeof options.zone === 'string' ? options.zone : defaultZone;
  return dateFormat(options.locale, zone, style).format(at);
}

/** Of any day but those around New Year of 1970, which no shop knows. */
const MILLISECONDS = /^-?\d{9,15}$/;

function instant(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.abs(value) <= 8.64e15 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  // What a helper needs comes to it as the text that it would show.
  if (MILLISECONDS.test(value)) return Number(value);
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
    value.trim(),
  );
  if (!match || !isDayText(match[1] ?? '')) return undefined;
  const at = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  return Number.isNaN(at) ? undefined : at;
}

/** `WHITE HANGING T-LIGHT` → `White Hanging T-Light`. */
function title(text: string): string {
  return text.toLowerCase().replace(/[^\s\-/(]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

function scalar(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : (value ?? undefined);
}

function compare(a: unknown, b: unknown): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  if (typeof a !== 'string' || typeof b !== 'string') return Number.NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As `{{#if}}` sees it. */
function holds(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** Amounts come again, in the same letter and in others; to write one costs some 2 µs. */
interface Numbers {
  readonly format: Intl.NumberFormat;
  readonly written: Map<number, string>;
}

function formatted({ format, written }: Numbers, amount: number): string {
  return cached(written, amount, () => format.format(amount));
}

// Formatters cost some 50 µs to make. Locales and currencies may come from customers, so the caches are bounded.
const limit = 500;
const numberFormats = new Map<string, Numbers>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function cached<K, T>(cache: Map<K, T>, key: K, make: () => T): T {
  let formatter = cache.get(key);
  if (formatter === undefined) {
    if (cache.size >= limit) cache.clear();
    formatter = make();
    cache.set(key, formatter);
  }
  return formatter;
}

function numberFormat(locale: unknown, options: Intl.NumberFormatOptions): Numbers {
  const key = `${String(locale)}|${options.currency ?? ''}|${options.minimumFractionDigits ?? ''}`;
  return cached(numberFormats, key, () => ({
    format: new Intl.NumberFormat(localeOf(locale), options),
    written: new Map<number, string>(),
  }));
}

function dateFormat(locale: unknown, zone: string, dateStyle: (typeof styles)[number]): Intl.DateTimeFormat {
  return cached(dateFormats, `${String(locale)}|${zone}|${dateStyle}`, () => {
    const options = { dateStyle };
    try {
      return new Intl.DateTimeFormat(localeOf(locale), { ...options, timeZone: zone });
    } catch {
      return new Intl.DateTimeFormat(localeOf(locale), { ...options, timeZone: defaultZone });
    }
  });
}

function localeOf(locale: unknown): string {
  if (typeof locale !== 'string' || locale.length > 35) return defaultLocale;
  try {
    return Intl.getCanonicalLocales(locale.replaceAll('_', '-'))[0] ?? defaultLocale;
  } catch {
    return defaultLocale;
  }
}
