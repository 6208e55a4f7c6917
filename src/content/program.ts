import { clean } from './helpers.ts';
import type { LetterContext, LetterUrls } from './letter.ts';
import { pickContext } from './pick.ts';
import type { Rendering } from './render-helpers.ts';
import { noReads, type Reads, rewriteTemplate } from './rewrite.ts';
import { type LetterSource, parseLetterSource } from './source.ts';
import { translate, translateNeeds } from './translate.ts';

export type { LetterContext };

export interface RenderedLetter {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** The real targets of the counted links that are this letter's own; the same one never twice. */
  readonly links: string[];
}

/** A letter, or the name of the first value that it needs and that is not there: `profile.firstName`. */
export type RenderResult =
  | { readonly ok: true; readonly letter: RenderedLetter }
  | { readonly ok: false; readonly missing: string };

/** A letter's templates, ready to run for one reader after another. Runs are independent of each other. */
export interface LetterProgram {
  readonly hash: string;
  /** Names of the traits that it reads. */
  readonly traits: readonly string[];
  /** The targets of the counted links that are the same in every letter. */
  readonly links: readonly string[];
  render(context: LetterContext, urls: LetterUrls): RenderResult;
  /** What `render` would find missing, at a fraction of its cost. @param urls those that it is rendered with, if not all */
  missing(context: LetterContext, urls?: LetterUrls): string | undefined;
  /** The part of a context that the letter can read; it renders to the same bytes. */
  pick(context: LetterContext): LetterContext;
}

type Run = (rendering: Rendering) => string;

const programs = new Map<string, LetterProgram>();
const programLimit = 200;

/**
 * The program of a source, made once for each hash.
 * @throws DearError `letter.damaged` when the source is not what was sealed
 */
export function programOf(source: LetterSource): LetterProgram {
  const known = programs.get(source.hash);
  if (known !== undefined) return known;
  const program = makeProgram(parseLetterSource(source));
  const oldest = programs.keys().next();
  if (programs.size >= programLimit && !oldest.done) programs.delete(oldest.value);
  programs.set(source.hash, program);
  return program;
}

function makeProgram(source: LetterSource): LetterProgram {
  const reads = noReads();
  const page = rewriteTemplate(source.html, reads);
  const [subject, html, text] = [
    translate(rewriteTemplate(source.subject, reads), false),
    translate(page, true),
    translate(rewriteTemplate(source.text, reads), false),
  ];
  const lookThrough = translateNeeds(page);
  const needs = Object.entries(source.data);
  noteNeeds(reads, source);
  const lacking = (context: LetterContext) =>
    needs.find(([name, { atLeast, onlyFor }]) => {
      if (onlyFor !== undefined && !onlyFor.some((key) => context.modules[key])) return false;
      return (context.data[name]?.length ?? 0) < atLeast;
    })?.[0];
  const links = source.links ?? [];
  const same = new Map(links.map((target, index) => [target, index]));
  const begin = (context: LetterContext, urls: LetterUrls) => {
    const name = lacking(context);
    const rendering = newRendering(context, urls, same);
    if (name !== undefined) rendering.missing = `data.${name}`;
    return rendering;
  };
  return {
    hash: source.hash,
    links,
    traits: [...(reads.keys.get('traits')?.keys.keys() ?? [])],
    render: (context, urls) => renderWith(begin(context, urls), { subject, html, text }),
    missing: (context, urls = nowhere) => {
      const rendering = begin(context, urls);
      if (rendering.missing === undefined) writeSubject(rendering, subject);
      if (rendering.missing === undefined) lookThrough(rendering);
      return rendering.missing;
    },
    pick: (context) => pickContext(context, reads),
  };
}

const nowhere: LetterUrls = { click: () => '#', open: '#', unsubscribe: '#', preferences: '#' };

function renderWith(rendering: Rendering, runs: { subject: Run; html: Run; text: Run }): RenderResult {
  if (rendering.missing !== undefined) return { ok: false, missing: rendering.missing };
  const subject = writeSubject(rendering, runs.subject);
  const html = rendering.missing === undefined ? runs.html(rendering) : '';
  const text = rendering.missing === undefined ? writeText(rendering, runs.text) : '';
  if (rendering.missing !== undefined) return { ok: false, missing: rendering.missing };
  return { ok: true, letter: { subject, html, text, links: rendering.links } };
}

function writeSubject(rendering: Rendering, run: Run): string {
  const subject = clean(run(rendering)).replace(/\s+/g, ' ').trim();
  if (subject === '') rendering.missing ??= 'subject';
  return subject;
}

/** Modules that were left out leave empty lines behind, which become one. */
function writeText(rendering: Rendering, run: Run): string {
  return `${run(rendering)
    .replace(/(?:\r\n){3,}/g, '\r\n\r\n')
    .trim()}\r\n`;
}

function newRendering(
  context: LetterContext,
  urls: LetterUrls,
  same: ReadonlyMap<string, number>,
): Rendering {
  const { open, unsubscribe, preferences, confirm } = urls;
  const { profile, traits = {}, data, modules, settings, signUp } = context;
  return {
    urls,
    same,
    links: [],
    clicks: new Map(),
    indexes: new Map(),
    root: {
      profile,
      traits,
      data,
      modules,
      settings,
      signUp,
      urls: { open, unsubscribe, preferences, confirm },
    },
    missing: undefined,
  };
}

/** Which modules appear, and how much data there is, is read even where no template does. */
function noteNeeds(reads: Reads, source: LetterSource): void {
  const under = (root: string, name: string) => {
    const at = reads.keys.get(root) ?? noReads();
    reads.keys.set(root, at);
    if (!at.keys.has(name)) at.keys.set(name, noReads());
  };
  for (const name of Object.keys(source.data)) under('data', name);
  for (const { key } of source.conditions) under('modules', key);
}
