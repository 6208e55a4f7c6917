import { urlOf } from '../url.ts';
import { clean, isMissing, textOf } from './helpers.ts';
import type { LetterUrls } from './letter.ts';

/** The state of one rendering. */
export interface Rendering {
  readonly urls: LetterUrls;
  /** The numbers of the targets that are the same in every letter. */
  readonly same: ReadonlyMap<string, number>;
  /** The letter's own targets; their numbers come after. */
  readonly links: string[];
  /** The counted addresses, by number. */
  readonly clicks: Map<number, string>;
  readonly indexes: Map<string, number>;
  readonly root: object;
  /** The first value that the letter needs and that is not there. */
  missing: string | undefined;
}

/** A value that is shown: its text, or a note that it is missing. */
export function need(value: unknown, name: string, dear: Rendering): string {
  if (!isMissing(value)) {
    const shown = clean(textOf(value));
    if (shown !== '') return shown;
  }
  dear.missing ??= name;
  return '';
}

/** One of the letter's own addresses. */
export function ownUrl(value: unknown, name: string, dear: Rendering): string {
  if (typeof value === 'string' && value !== '') return value;
  dear.missing ??= name;
  return '';
}

/** The counted address of a target that is the same in every letter. */
export function staticLink(target: string, dear: Rendering): string {
  return counted(dear, target);
}

/** A target with values in it, counted when it leads to a web page. */
export function personalLink(written: string, name: string, dear: Rendering): string {
  const target = personalUrl(written, /^(https?|mailto|tel):$/);
  if (target !== undefined) return target.startsWith('http') ? counted(dear, target) : target;
  dear.missing ??= name;
  return '';
}

/** A picture's address with values in it. */
export function picture(written: string, name: string, dear: Rendering): string {
  const target = personalUrl(written, /^https?:$/);
  if (target !== undefined) return target;
  dear.missing ??= name;
  return '';
}

/**
 * What the URL standard would leave as it is, seen at a glance and true of nearly every target: a plain host with a
 * name at its end, a path without dot segments, a query without quotes.
 */
const normal =
  /^https:\/\/(?!.*xn--)(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*\/(?!(?:[^?]*\/)?(?:\.|%2[eE]))[\w~!$&()*+,;=:@/.%-]*(?:\?[\w~!$&()*+,;=:@/?%.-]*)?$/;

/** A target that holds a customer's values, as the URL standard writes it; undefined unless its scheme is allowed. */
function personalUrl(target: string, schemes: RegExp): string | undefined {
  if (normal.test(target)) return target;
  const trimmed = target.trim();
  const url = /^(https?:\/\/|mailto:|tel:)/i.test(trimmed) ? urlOf(trimmed) : undefined;
  if (url === undefined) return undefined;
  return schemes.test(url.protocol) && url.username === '' && url.password === '' ? url.href : undefined;
}

function counted(dear: Rendering, target: string): string {
  const index = dear.same.get(target) ?? dear.indexes.get(target) ?? added(dear, target);
  const known = dear.clicks.get(index);
  if (known !== undefined) return known;
  const address = dear.urls.click(index, target);
  dear.clicks.set(index, address);
  return address;
}

function added(dear: Rendering, target: string): number {
  const index = dear.same.size + dear.links.length;
  dear.indexes.set(target, index);
  dear.links.push(target);
  return index;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '=': '&#61;',
};
const special = /[&<>"'`=\u0080-\u{10ffff}]/u;
const allSpecial = new RegExp(special, 'gu');

/**
 * A value as HTML. Characters beyond ASCII become numeric references like those of the templates (wire-form.ts), so
 * that the HTML of a letter is ASCII, whoever it is for.
 */
export function escapeText(text: string): string {
  return special.test(text) ? narrow(text.replace(allSpecial, reference)) : text;
}

/**
 * ASCII text that V8 keeps in one byte a character: what it made of a text in two bytes stays in two, and would take
 * the whole letter with it.
 */
const narrow = (ascii: string) => Buffer.from(ascii, 'latin1').toString('latin1');

function reference(character: string): string {
  const code = character.codePointAt(0) ?? 0xfffd;
  // Half a surrogate pair is no character.
  return escapes[character] ?? `&#${code >= 0xd800 && code <= 0xdfff ? 0xfffd : code};`;
}

/** An address in an attribute. `=` stays as it is: an entity would be right, but trips those who read links with less care. */
export function escapeAttribute(url: string): string {
  return /[&<>"'`]/.test(url) ? url.replace(/[&<>"'`]/g, (character) => escapes[character] ?? '') : url;
}
