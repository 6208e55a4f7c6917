import { parseDuration } from '../duration.ts';
import { DearError } from '../errors.ts';
import { isTopic } from '../profiles/consent.ts';
import { normaliseEmail } from '../profiles/email.ts';
import { languageTag } from '../profiles/languages.ts';
import { bookIn, type TopicBook, topicOf } from '../profiles/topics.ts';
import type { Asked, AskingLimit, ConfirmationStore } from './port.ts';

/** How long the link in a letter that asks to confirm holds. */
const CONFIRM_WITHIN = parseDuration('7d');
const limit: AskingLimit = { windowMs: parseDuration('1d'), most: 3, pauseMs: parseDuration('5m') };

/** Whoever wants letters, or says so. */
export interface SignUpRequest {
  readonly email: string;
  readonly topics: readonly string[];
  /** Where it was asked for: the page, the till. */
  readonly source: string;
  /** What was agreed to; without it each topic's own wording. */
  readonly wording?: string | undefined;
  readonly proof?: string | undefined;
  /** The reader's, as a BCP 47 tag: which letter asks. One that cannot be read counts as none. */
  readonly language?: string | undefined;
  /** The language of the words that were shown; without it the same. */
  readonly shownIn?: string | undefined;
  readonly at: number;
}

/** Starts sign-ups. */
export type SignUp = (request: SignUpRequest) => Promise<{ asked: Asked; id: number | undefined }>;

/**
 * Starts a double opt-in: the consents become `pending`, which is never mailed, and a letter goes out whose link
 * makes them `in`. Asking again soon, or somebody who has agreed, sends nothing.
 * @throws DearError `sign-up.sender`, `sign-up.address`, `sign-up.topics`
 */
export function makeSignUp(store: Pick<ConfirmationStore, 'request'>, book: TopicBook): SignUp {
  return async ({ email, topics, source, wording, proof, language, shownIn, at }) => {
    if (book.from === undefined) {
      throw new DearError('sign-up.sender', 'Nothing says who asks for confirmation.', {
        kind: 'usage',
        mend: "Write from: 'Shop <letters@shop.example>' into templates/topics.yaml.",
      });
    }
    const address = normaliseEmail(email);
    if (address === undefined) {
      throw new DearError('sign-up.address', 'This is not an e-mail address.', {
        kind: 'usage',
        mend: 'Write it like ann@example.com.',
      });
    }
    const names = [...new Set(topics)];
    if (names.length === 0 || !names.every(isTopic)) {
      throw new DearError('sign-up.topics', 'There is no topic to sign up for.', {
        kind: 'usage',
        mend: 'Name at least one, such as offers.',
      });
    }
    const shown = bookIn(book, shownIn ?? language ?? '');
    const wanted = names.map((name) => ({ name, wording: wording ?? topicOf(shown, name).wording }));
    return store.request(
      {
        address,
        topics: wanted,
        source,
        proof,
        language: languageTag(language),
        at,
        expiresAt: at + CONFIRM_WITHIN,
      },
      limit,
    );
  };
}
