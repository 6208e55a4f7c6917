/** Everything that a letter's templates may read about its reader: plain JSON. */
export interface LetterContext {
  /** `email` and the profile's attributes. */
  readonly profile: Readonly<Record<string, unknown>>;
  /** Traits by name (`orders`), without those that the reader has no value of; absent when the letter reads none. */
  readonly traits?: Readonly<Record<string, unknown>> | undefined;
  /** The data that the letter's source asks for, newest first. */
  readonly data: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Which of the conditional modules appear, by key. */
  readonly modules: Readonly<Record<string, boolean>>;
  readonly settings: Readonly<Record<string, string>>;
  /** What was signed up for: only in the letter that asks to confirm it. */
  readonly signUp?: Readonly<Record<string, unknown>> | undefined;
}

/** The addresses that are a letter's own. */
export interface LetterUrls {
  /** What stands before the number of a target in an address that counts; without it, links lead to the targets themselves. */
  readonly clicks?: string | undefined;
  readonly open: string;
  readonly unsubscribe: string;
  readonly preferences?: string | undefined;
  /** Only in the letter that asks to confirm a sign-up. */
  readonly confirm?: string | undefined;
}
