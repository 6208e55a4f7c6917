import { urlOf } from '../url.ts';
import { clean, isMissing, textOf } from './helpers.ts';

/** The state of one rendering. */
export interface Rendering {
  /** What stands before the numbers of counted links; undefined when none are counted. */
  readonly clicks: Address | undefined;
  /** The numbers of the targets that are the same in every letter. */
  readonly same: ReadonlyMap<string, number>;
  /** The letter's own targets; their numbers come after. */
  readonly links: string[];
  readonly indexes: Map<string, number>;
  /** What targets with values in them, as these are written, lead to: in text and HTML the same. */
  readonly personal: Map<string, Target>;
  readonly root: object;
  /** The first value that the letter needs and that is not there. */
  missing: string | undefined;
}

/** The number of a counted link, or an address that is not counted. */
type Target = number | string;

/** As it stands in text and in HTML. */
interface Address {
  readonly text: string;
  readonly html: string;
}

/**
 * Where a rendering begins.
 * @param clicks what stands before the numbers of counted links
 */
export function beginRendering(
  clicks: string | undefined,
  same: ReadonlyMap<string, number>,
  root: object,
): Rendering {
  return {
    clicks: clicks === undefined ? undefined : { text: clicks, html: escapeAttribute(clicks) },
    same,
    links: [],
    indexes: new Map(),
    personal: new Map(),
    root,
    missing: undefined,
  };
}

/** A value that is shown: its text, or a note that it is missing. */
export function need(value: unknown, name: string, dear: Rendering): string {
  if (typeof value === 'string' && isPlain(value)) return value;
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

/** The counted address of a target that is the same in every letter. @param html whether it is for an attribute */
export function staticLink(target: string, dear: Rendering, html: boolean): string {
  return leadingTo(counted(dear, target), dear, html);
}

/** A target with values in it, counted when it leads to a web page. @param html whether it is for an attribute */
export function personalLink(written: string, name: string, dear: Rendering, html: boolean): string {
  let target = dear.personal.get(written);
  if (target === undefined) {
    const url = personalUrl(written, /^(https?|mailto|tel):$/);
    if (url === undefined) {
      dear.missing ??= name;
      return '';
    }
    target = url.startsWith('http') ? counted(dear, url) : url;
    dear.personal.set(written, target);
  }
  return leadingTo(target, dear, html);
}

function leadingTo(target: Target, { clicks }: Rendering, html: boolean): string {
  if (typeof target === 'string') return html ? escapeAttribute(target) : target;
  return `${html ? clicks?.html : clicks?.text}${target}`;
}

/** A picture's address with values in it. @param html whether it is for an attribute */
export function picture(written: string, name: string, dear: Rendering, html: boolean): string {
  const target = personalUrl(written, /^https?:$/);
  if (target !== undefined) return html ? escapeAttribute(target) : target;
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

/** Its number, or the target itself when nothing is counted. */
function counted(dear: Rendering, target: string): Target {
  const index = dear.same.get(target) ?? dear.indexes.get(target) ?? added(dear, target);
  return dear.clicks === undefined ? target : index;
}

function added(dear: Rendering, target: string): number {
  const index = dear.same.size + dear.links.length;
  dear.indexes.set(target, index);
  dear.links.push(target);
  return index;
}

/** 1 for the printable characters of ASCII that HTML does not need escaped. */
const plain = new Uint8Array(128).fill(1, 0x20, 0x7f);
for (const character of '&<>"\'`=') plain[character.charCodeAt(0)] = 0;

/**
 * Whether a short text shows something and is the same cleaned and escaped, seen in one look: true of most values, for
 * which it takes the place of several regular expressions.
 */
function isPlain(text: string): boolean {
  if (text.length > 64) return false;
  let shows = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 127 || plain[unit] === 0) return false;
    shows ||= unit !== 0x20;
  }
  return shows;
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
  if (isPlain(text)) return text;
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
