import { languageAmong } from '../../profiles/languages.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { it } from './it.ts';
import { nl } from './nl.ts';
import { pl } from './pl.ts';
import { pt } from './pt.ts';
import type { Texts } from './shape.ts';

/** All languages that the public pages speak. A new one is a new entry. */
const all: ReadonlyMap<string, Texts> = new Map(
  [en, de, fr, es, it, nl, pl, pt].map((one) => [one.lang, one]),
);

/** Their BCP 47 tags. */
export const spokenLanguages: readonly string[] = [...all.keys()];

/** What pages say that nobody has asked for in any language. */
export const firstTexts = en;

/** The texts in a language (`de-AT` also finds `de`); undefined when the pages do not speak it. */
export function textsIn(language: string): Texts | undefined {
  return all.get(languageAmong(spokenLanguages, language) ?? '');
}

export type { Texts } from './shape.ts';
