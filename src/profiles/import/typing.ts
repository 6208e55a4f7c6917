import { type Json, losesDigits } from '../json.ts';
import type { DateReading } from '../times.ts';
import { type Evaluated, makeFilter } from './filters.ts';

/** What a mapping may say about the type of an attribute. */
export const declaredTypes = ['number', 'boolean', 'date', 'time', 'text', 'list'] as const;
export type DeclaredType = (typeof declaredTypes)[number];

/** Reads a value that is not empty as what it is meant to be. */
export type Typing = (value: Json, column: string) => Evaluated;

export const asItIs: Typing = (value) => value;

/** As many digits as a double keeps. */
const DIGITS_MAX = 15;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * Last words of names of codes: made of digits often, but nothing to calculate with. A postcode that became a
 * number would lose its zeros, and half of a column would be numbers and half of it texts.
 */
const codeWords = new Set(
  (
    'zip plz postcode postleitzahl code phone telephone tel telefon mobile handy fax sku ean gtin isbn iban bic ' +
    'vat id ids uuid guid number numbers nummer nr no num ref reference key token account konto serial'
  ).split(' '),
);

/** How the values of an attribute are typed when the source (CSV) knows nothing but texts. */
export function typingOf(name: string): Typing {
  return isCode(name) ? asItIs : (value) => (typeof value === 'string' ? typedText(value) : value);
}

export function declaredTyping(type: DeclaredType, dates: DateReading): Typing {
  return type === 'list' ? (value) => listOf(value) : makeFilter(type, undefined, dates);
}

/**
 * What a text is, judged by itself alone, so that the same text is the same value in every row of every file:
 * a number when it is written as one is (`12`, `-0.5`; not `007`, `+49`, `1e3`, `1,5`, nor with more than 15
 * digits), `true` or `false`, a list when it is one in JSON, else a text. Dates stay texts: `2026-11-30` compares
 * as a date wherever it is one.
 */
export function typedText(text: string): Json {
  const bare = text.trim();
  const first = bare.charCodeAt(0);
  // Most texts begin with a letter, and are told by that.
  if ((first >= 48 && first <= 57) || first === 45) {
    const isNumber = NUMBER.test(bare) && bare.replace(/\D/g, '').length <= DIGITS_MAX;
    return isNumber ? Number(bare) + 0 : text;
  }
  if (first === 91) return jsonList(bare) ?? text;
  const word = bare.length <= 5 ? bare.toLowerCase() : '';
  if (word === 'true') return true;
  return word === 'false' ? false : text;
}

/** `customerId`, `Post code` and `phone_no` name codes; `orders` does not. */
function isCode(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/\p{L}+/gu);
  return codeWords.has(words?.at(-1) ?? '');
}

function jsonList(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value) || value.some((one) => typeof one === 'number' && losesDigits(one)))
      return undefined;
    // JSON.parse makes nothing but JSON; the whole of a row is checked with `wrongJson` before it is used.
    return value as Json;
  } catch {
    return undefined;
  }
}

/** `a, b; c` and `["a","b"]` are lists; anything else is a list of one. */
function listOf(value: Json): Json {
  if (typeof value !== 'string') return Array.isArray(value) ? value : [value];
  const list = value.trim().startsWith('[') ? jsonList(value) : undefined;
  const parts = value.split(/[,;|]/).map((part) => part.trim());
  return list ?? parts.filter((part) => part !== '');
}
