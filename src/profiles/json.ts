import { wrongText } from './texts.ts';

/** What a JSON document can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Attributes of a profile, or properties of an event, by name. */
export type JsonObject = { readonly [key: string]: Json };

/** Generous for data about one customer, small enough that one row cannot hurt a machine. */
const jsonLimits = {
  keys: 250,
  depth: 8,
  values: 5_000,
  characters: 2_000_000,
  keyCharacters: 100,
} as const;

const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Why `key` cannot name an attribute or a property, or undefined when it can. */
export function wrongKey(key: string): string | undefined {
  if (goodKeys.has(key)) return undefined;
  const wrong = wrongName(key);
  if (wrong === undefined && goodKeys.size < GOOD_KEYS_MAX) goodKeys.add(key);
  return wrong;
}

/** Millions of rows have the same few keys. */
const GOOD_KEYS_MAX = 5_000;
const goodKeys = new Set<string>();

function wrongName(key: string): string | undefined {
  if (key.trim() === '') return 'a name is empty';
  if (key.length > jsonLimits.keyCharacters)
    return `a name has more than ${jsonLimits.keyCharacters} characters`;
  if (forbiddenKeys.has(key)) return `the name ${key} cannot be used`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being refused.
  if (/[\u0000-\u001f\u007f]/.test(key) || !key.isWellFormed()) return 'a name holds control characters';
  return undefined;
}

/**
 * Why `value` cannot be stored, in words without any of its data; undefined when it can.
 * Refuses what one of the databases cannot hold (NUL, halves of surrogate pairs, numbers that are not finite),
 * numbers that are no longer what they were in the text, and what is too big, too deep, or named to harm.
 */
export function wrongJson(value: unknown): string | undefined {
  const size = { values: 0, characters: 0 };
  if (isObject(value) && Object.keys(value).length > jsonLimits.keys) {
    return `it has more than ${jsonLimits.keys} attributes or properties`;
  }
  return wrongAt(value, 0, size);
}

function wrongAt(
  value: unknown,
  depth: number,
  size: { values: number; characters: number },
): string | undefined {
  size.values += 1;
  if (size.values > jsonLimits.values) return `it holds more than ${jsonLimits.values} values`;
  if (typeof value === 'string') return wrongLength(value, size) ?? wrongText(value);
  if (typeof value === 'number') return wrongNumber(value);
  if (typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return 'a value is no JSON';
  if (depth >= jsonLimits.depth) return `it is nested deeper than ${jsonLimits.depth} levels`;
  if (Array.isArray(value)) {
    for (const inner of value) {
      const wrong = wrongAt(inner, depth + 1, size);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    const wrong = wrongKey(key) ?? wrongAt(Reflect.get(value, key), depth + 1, size);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function wrongNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'a number is not finite';
  return losesDigits(value) ? `a whole number of more than 15 digits loses some: ${AS_TEXT}` : undefined;
}

/** What mends a number that loses digits. */
export const AS_TEXT = 'give it as a text, in quotes';

/**
 * Whether a number from a JSON text is likely to have had digits there that a double does not keep, as ids of other
 * systems do. One with few digits (1e21) may be as exact as it was meant.
 */
export function losesDigits(value: number): boolean {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return false;
  const [digits = ''] = String(value).split('e');
  return digits.replace(/\D/g, '').replace(/0+$/, '').length > 15;
}

function wrongLength(text: string, size: { characters: number }): string | undefined {
  size.characters += text.length;
  return size.characters > jsonLimits.characters
    ? `it holds more than ${jsonLimits.characters} characters`
    : undefined;
}

/** The same text for the same value, however its keys are ordered. The value has passed `wrongJson`. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let text = '{';
  for (const key of sortedKeys(value)) {
    text += `${text === '{' ? '' : ','}${quoted(key)}:${canonicalJson(value[key] ?? null)}`;
  }
  return `${text}}`;
}

/**
 * The JSON text of properties, their keys in their own order, and the canonical one: mostly the same, and then written
 * only once. The value has passed `wrongJson`.
 */
export function jsonTexts(value: JsonObject): { readonly text: string; readonly canonical: string } {
  const canonical = canonicalJson(value);
  return { text: isCanonical(value) ? canonical : JSON.stringify(value), canonical };
}

/** Whether it is flat and its keys are in the order of `canonicalJson`. */
function isCanonical(value: JsonObject): boolean {
  let before = '';
  for (const key in value) {
    const inner = value[key];
    if (key < before || (typeof inner === 'object' && inner !== null)) return false;
    before = key;
  }
  return true;
}

/** JSON.stringify takes several times as long to begin as most texts take to check. */
function quoted(text: string): string {
  return text.length < 200 && !MUST_ESCAPE.test(text) ? `"${text}"` : JSON.stringify(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON writes these as escapes.
const MUST_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let index = 1; index < keys.length; index += 1) {
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.sort();
  }
  return keys;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether it is an object that is no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
