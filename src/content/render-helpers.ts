import { clean, isMissing, textOf } from './helpers.ts';
import type { LetterUrls } from './letter.ts';

/** The state of one rendering, which helpers find in Handlebars' private data. */
export interface Rendering {
  readonly urls: LetterUrls;
  readonly links: string[];
  readonly clicks: string[];
  readonly indexes: Map<string, number>;
  readonly root: object;
  /** The first value that the letter needs and that is not there. */
  missing: string | undefined;
  /** Whether what is written is HTML. */
  html: boolean;
}

interface HelperCall {
  readonly data: { readonly dear: Rendering };
  readonly fn?: (context: unknown) => string;
}

/** A value that is shown: its text, or a note that it is missing. */
function need(value: unknown, name: string, { data: { dear } }: HelperCall): string {
  if (!isMissing(value)) {
    const shown = clean(textOf(value));
    if (shown !== '') return shown;
  }
  dear.missing ??= name;
  return '';
}

function ownUrl(value: unknown, name: string, { data: { dear } }: HelperCall): string {
  if (typeof value !== 'string' || value === '') {
    dear.missing ??= name;
    return '';
  }
  return dear.html ? escapeAttribute(value) : value;
}

/** `{{dearLink "https://…"}}`, or `{{#dearLink "its name"}}…{{/dearLink}}` round a target with values in it. */
function link(this: unknown, given: string, call: HelperCall): string {
  const { dear } = call.data;
  const target = call.fn === undefined ? given : personalUrl(call.fn(this), /^(https?|mailto|tel):$/);
  if (target === undefined) {
    dear.missing ??= given;
    return '';
  }
  const address = /^https?:/.test(target) || call.fn === undefined ? counted(dear, target) : target;
  return dear.html ? escapeAttribute(address) : address;
}

function image(this: unknown, name: string, call: HelperCall): string {
  const { dear } = call.data;
  const target = call.fn === undefined ? undefined : personalUrl(call.fn(this), /^https?:$/);
  if (target !== undefined) return dear.html ? escapeAttribute(target) : target;
  dear.missing ??= name;
  return '';
}

/** A target that holds a customer's values, as the URL standard writes it; undefined unless its scheme is allowed. */
function personalUrl(target: string, schemes: RegExp): string | undefined {
  const trimmed = target.trim();
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(trimmed) || !URL.canParse(trimmed)) return undefined;
  const url = new URL(trimmed);
  return schemes.test(url.protocol) && url.username === '' && url.password === '' ? url.href : undefined;
}

function counted(dear: Rendering, target: string): string {
  const known = dear.indexes.get(target);
  if (known !== undefined) return dear.clicks[known] ?? '';
  const index = dear.links.length;
  const address = dear.urls.click(index);
  dear.indexes.set(target, index);
  dear.links.push(target);
  dear.clicks.push(address);
  return address;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Handlebars would write `=` as an entity too, which is right, but trips those who read links with less care. */
function escapeAttribute(url: string): string {
  return /[&<>"']/.test(url) ? url.replace(/[&<>"']/g, (character) => escapes[character] ?? '') : url;
}

/** The helpers that compiling puts into templates by itself; nobody writes them. */
export const renderHelpers = { dearNeed: need, dearUrl: ownUrl, dearLink: link, dearImage: image };
