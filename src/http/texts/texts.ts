import { en, type Texts } from './en.ts';

/** All languages that the public pages speak, by their BCP 47 tag. A new one is a new line. */
const languages: Readonly<Record<string, Texts>> = { en };

/** The texts in a reader's language (`de-AT` also finds `de`), or in English. */
export function textsFor(language: string | undefined): Texts {
  const tag = language?.toLowerCase() ?? '';
  const found = [tag, tag.split('-')[0] ?? ''].find((name) => Object.hasOwn(languages, name));
  return (found === undefined ? undefined : languages[found]) ?? en;
}

export type { Texts } from './en.ts';
