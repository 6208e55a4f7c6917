/** NUL, which PostgreSQL cannot hold, and halves of surrogate pairs, which are no text in UTF-8. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** Why a text from outside cannot be stored, in words without any of it; undefined when it can. */
export function wrongText(text: string): string | undefined {
  if (text.includes('\0')) return 'a text holds a NUL character';
  return text.isWellFormed() ? undefined : 'a text holds half a character (a lone surrogate)';
}

/**
 * A text without what cannot be stored, cut to `longest`: for those whose writer is not there to mend them, such as
 * what a program says of itself.
 */
export function storableText(text: string, longest = Number.POSITIVE_INFINITY): string {
  return text.slice(0, longest).replace(UNSTORABLE, '');
}
