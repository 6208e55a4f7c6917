import { clean } from './helpers.ts';
import type { LetterContext, LetterUrls } from './letter.ts';
import { type BytePaper, type Octets, type Paper, TextPaper } from './paper.ts';
import { pickContext } from './pick.ts';
import { beginRendering, type Rendering } from './render-helpers.ts';
import { noReads, type Reads, rewriteTemplate } from './rewrite.ts';
import { type LetterSource, parseLetterSource } from './source.ts';
import { translate, translateNeeds } from './translate.ts';
import { trimmedOctets, trimmedText } from './trim.ts';

export type { LetterContext };

export interface RenderedLetter {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** The real targets of the counted links that are this letter's own; the same one never twice. */
  readonly links: string[];
}

/** The same in the octets that go over the wire, lines ended by CRLF. */
export type PrintedLetter = Omit<RenderedLetter, 'html' | 'text'> & {
  readonly html: Octets;
  readonly text: Octets;
};

/** What a letter is printed on; its octets are valid until the next. */
export interface Papers {
  readonly html: BytePaper;
  readonly text: BytePaper;
}

/** A letter, or the name of the first value that it needs and that is not there: `profile.firstName`. */
export type Made<Letter> =
  | { readonly ok: true; readonly letter: Letter }
  | { readonly ok: false; readonly missing: string };
export type RenderResult = Made<RenderedLetter>;

/** A letter's templates, ready to run for one reader after another. Runs are independent of each other. */
export interface LetterProgram {
  readonly hash: string;
  /** Names of the traits that it reads. */
  readonly traits: readonly string[];
  /** The targets of the counted links that are the same in every letter. */
  readonly links: readonly string[];
  render(context: LetterContext, urls: LetterUrls): RenderResult;
  /** The same as octets, at a fraction of the cost. */
  print(context: LetterContext, urls: LetterUrls, papers: Papers): Made<PrintedLetter>;
  /** What `render` would find missing, at a fraction of its cost. @param urls those that it is rendered with, if not all */
  missing(context: LetterContext, urls?: LetterUrls): string | undefined;
  /** The part of a context that the letter can read; it renders to the same bytes. */
  pick(context: LetterContext): LetterContext;
}

type Run = (rendering: Rendering, paper: Paper) => void;

interface Runs {
  readonly subject: Run;
  readonly html: Run;
  readonly text: Run;
}

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
  const runs: Runs = {
    subject: translate(rewriteTemplate(source.subject, reads), false),
    html: translate(page, true),
    text: translate(rewriteTemplate(source.text, reads), false),
  };
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
    render: (context, urls) => render(begin(context, urls), runs),
    print: (context, urls, papers) => print(begin(context, urls), runs, papers),
    missing: (context, urls = nowhere) => {
      const rendering = begin(context, urls);
      if (rendering.missing === undefined) writeSubject(rendering, runs.subject);
      if (rendering.missing === undefined) lookThrough(rendering);
      return rendering.missing;
    },
    pick: (context) => pickContext(context, reads),
  };
}

const nowhere: LetterUrls = { clicks: '#', open: '#', unsubscribe: '#', preferences: '#' };

function render(rendering: Rendering, runs: Runs): RenderResult {
  const [html, text] = [new TextPaper(), new TextPaper()];
  const subject = run(rendering, runs, { html, text });
  if (rendering.missing !== undefined) return { ok: false, missing: rendering.missing };
  const letter = { subject, html: html.text, text: trimmedText(text.text), links: rendering.links };
  return { ok: true, letter };
}

function print(rendering: Rendering, runs: Runs, papers: Papers): Made<PrintedLetter> {
  // A letter that failed half-way may have left something behind.
  papers.html.clear();
  papers.text.clear();
  const subject = run(rendering, runs, papers);
  const [html, text] = [papers.html.take(), papers.text.take()];
  if (rendering.missing !== undefined) return { ok: false, missing: rendering.missing };
  return { ok: true, letter: { subject, html, text: trimmedOctets(text), links: rendering.links } };
}

/** In this order, in which links of the letter's own get their numbers. */
function run(rendering: Rendering, runs: Runs, papers: { readonly html: Paper; readonly text: Paper }) {
  if (rendering.missing !== undefined) return '';
  const subject = writeSubject(rendering, runs.subject);
  if (rendering.missing === undefined) runs.html(rendering, papers.html);
  if (rendering.missing === undefined) runs.text(rendering, papers.text);
  return subject;
}

function writeSubject(rendering: Rendering, run: Run): string {
  const paper = new TextPaper();
  run(rendering, paper);
  const subject = clean(paper.text).replace(/\s+/g, ' ').trim();
  if (subject === '') rendering.missing ??= 'subject';
  return subject;
}

function newRendering(
  context: LetterContext,
  urls: LetterUrls,
  same: ReadonlyMap<string, number>,
): Rendering {
  const { clicks, open, unsubscribe, preferences, confirm } = urls;
  const { profile, traits = {}, data, modules, settings, signUp } = context;
  const own = { open, unsubscribe, preferences, confirm };
  return beginRendering(clicks, same, { profile, traits, data, modules, settings, signUp, urls: own });
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
