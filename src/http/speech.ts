import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { languageTag } from '../profiles/languages.ts';
import { firstTexts, type Texts, textsIn } from './texts/texts.ts';

/** Of a header that is longer nobody means the rest. */
const LONGEST_HEADER = 500;

/** How a page speaks to whoever reads it. */
export interface Speech {
  readonly texts: Texts;
  /** The language as it was asked for: of texts in `pt` perhaps `pt-BR`. */
  readonly tag: string;
  /** How dates are written. */
  readonly locale: string;
}

/**
 * The language of a page: the first of those that the reader chose, then of those that the browser accepts, that the
 * pages speak; else English.
 */
export function speechOf(
  request: Pick<FastifyRequest, 'headers'>,
  ...chosen: (string | undefined)[]
): Speech {
  for (const wanted of [...chosen, ...acceptedLanguages(request)]) {
    const texts = wanted === undefined ? undefined : textsIn(wanted);
    if (texts !== undefined) return speechIn(texts, languageTag(wanted) ?? texts.lang);
  }
  return speechIn(firstTexts, firstTexts.lang);
}

function speechIn(texts: Texts, tag: string): Speech {
  const { language, region } = new Intl.Locale(tag);
  return { texts, tag, locale: region === undefined ? texts.locale : `${language}-${region}` };
}

/** The languages that a browser asks for, the dearest first. */
export function acceptedLanguages({ headers }: Pick<FastifyRequest, 'headers'>): string[] {
  const accepted = headers['accept-language']?.slice(0, LONGEST_HEADER);
  if (accepted === undefined) return [];
  const wanted = new Negotiator({ headers: { 'accept-language': accepted } });
  return wanted.languages().filter((language) => language !== '*');
}

/** Answers with a page, and says in which language it is and that it depends on the browser's. */
export function answerPage(reply: FastifyReply, { texts }: Speech, page: string): FastifyReply {
  return reply
    .headers({ 'content-language': texts.lang, vary: 'Accept-Language' })
    .type('text/html; charset=utf-8')
    .send(page);
}
