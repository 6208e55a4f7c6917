import type { ConfirmationSource } from '../content/confirmation.ts';
import type { LetterContext, LetterUrls } from '../content/letter.ts';
import { type LetterProgram, programOf, type RenderedLetter } from '../content/program.ts';
import type { DkimSigner } from '../delivery/dkim.ts';
import { type MimeWriter, makeMimeWriter } from '../delivery/mime.ts';
import type { OutgoingLetter } from '../delivery/transport.ts';
import { DearError } from '../errors.ts';
import { languageAmong } from '../profiles/languages.ts';
import { bookIn, type TopicBook, topicOf } from '../profiles/topics.ts';
import type { ConfirmTokens } from '../tracking/confirm-tokens.ts';
import type { Confirmation, Wordings } from './port.ts';

/** What a letter that asks says of a sign-up. */
export type Asking = Pick<
  Confirmation,
  'id' | 'profileId' | 'topics' | 'language' | 'requestedAt' | 'expiresAt'
> & {
  readonly address: string;
  /** What was shown when it was asked for; without it each topic's wording in the letter's language. */
  readonly wordings?: Wordings | undefined;
};

/** A letter that asks, with its parts to look at. */
export interface WrittenConfirmation extends OutgoingLetter {
  readonly language: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** Writes the letters that ask; the same request always gives the same letter. */
export interface ConfirmationLetters {
  /** The languages there are; the first is for everybody else. */
  readonly languages: readonly string[];
  /** The sender; undefined when nothing says who asks. */
  readonly from: string | undefined;
  /** @throws DearError `sign-up.sender`; `letter.address` when SMTP cannot carry the address */
  write(asking: Asking): Promise<WrittenConfirmation>;
}

/** What writing needs. */
export interface ConfirmationLettersDeps {
  readonly sources: readonly ConfirmationSource[];
  readonly tokens: ConfirmTokens;
  readonly book: TopicBook;
  readonly publicUrl: string;
  signer(from: string): DkimSigner | undefined;
  /** What is known of a profile; nothing when it is none. */
  attributesOf(profileId: number): Promise<Readonly<Record<string, unknown>>>;
}

export function confirmationLetters(deps: ConfirmationLettersDeps): ConfirmationLetters {
  const { from } = deps.book;
  const programs = new Map(deps.sources.map(({ language, source }) => [language, programOf(source)]));
  const languages = [...programs.keys()];
  const mime = from && frameOf(from);
  return {
    languages,
    from: from?.address,
    write: async (asking) => {
      if (from === undefined || mime === undefined) throw noSender();
      const attributes = await deps.attributesOf(asking.profileId);
      const language = chosen(languages, [asking.language, attributes.language]);
      const url = `${deps.publicUrl}/s/${deps.tokens.of(asking.id)}`;
      const context = contextOf(asking, attributes, bookIn(deps.book, language));
      const letter = render(programs.get(language), context, urlsOf(url));
      const bytes = await layOut(deps, mime, asking, letter, url);
      return { ...letter, language, from: from.address, to: asking.address, bytes };
    },
  };
}

/** The first language that is asked for and there; else the first that is there. */
function chosen(languages: readonly string[], wanted: readonly unknown[]): string {
  for (const one of wanted) {
    const found = languageAmong(languages, one);
    if (found !== undefined) return found;
  }
  return languages[0] ?? '';
}

function contextOf(
  { address, topics, requestedAt, expiresAt, wordings }: Asking,
  attributes: Readonly<Record<string, unknown>>,
  book: TopicBook,
): LetterContext {
  return {
    profile: { ...attributes, email: address },
    data: {},
    modules: {},
    settings: {},
    signUp: {
      sender: book.from?.name || book.from?.address,
      topics: topics.map((name) => {
        const { title, about, wording } = topicOf(book, name);
        return { name: title, about, wording: wordings === undefined ? wording : wordings.get(name) };
      }),
      requestedAt: new Date(requestedAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
    },
  };
}

/** Nothing is counted: who has not agreed to letters has not agreed to be looked at. */
function urlsOf(confirm: string): LetterUrls {
  return { open: confirm, unsubscribe: `${confirm}/no`, confirm };
}

/** What attributes lead to may lack a value; every letter was tried without any. */
function render(
  program: LetterProgram | undefined,
  context: LetterContext,
  urls: LetterUrls,
): RenderedLetter {
  const { email } = context.profile;
  for (const profile of [context.profile, { email }]) {
    const result = program?.render({ ...context, profile }, urls);
    if (result?.ok) return result.letter;
  }
  throw new DearError('confirmation.needs', 'The letter that asks to confirm cannot be written.', {
    mend: '`dear sign-ups check` says what is wrong with it.',
  });
}

function frameOf(from: NonNullable<TopicBook['from']>): MimeWriter {
  return makeMimeWriter({
    from,
    listId: { id: `sign-up.${hostOf(from.address)}`, name: from.name },
    extraHeaders: { 'Auto-Submitted': 'auto-generated' },
  });
}

async function layOut(
  { tokens, book, signer }: ConfirmationLettersDeps,
  mime: MimeWriter,
  asking: Asking,
  letter: RenderedLetter,
  url: string,
): Promise<Buffer> {
  const { from } = book;
  if (from === undefined) throw noSender();
  const unsigned = mime({
    to: { address: asking.address },
    replyTo: from,
    ...letter,
    messageId: `<confirm.${tokens.of(asking.id)}@${hostOf(from.address)}>`,
    date: asking.requestedAt,
    unsubscribe: { url: `${url}/no` },
    send: `confirmation-${asking.id}`,
    channel: '7bit',
    lineEnds: 'crlf',
  });
  const own = signer(from.address);
  return own === undefined ? unsigned : own.signAside(unsigned);
}

const hostOf = (address: string) => address.slice(address.lastIndexOf('@') + 1);

function noSender(): DearError {
  return new DearError('sign-up.sender', 'Nothing says who asks for confirmation.', {
    kind: 'usage',
    mend: "Write from: 'Shop <letters@shop.example>' into templates/topics.yaml.",
  });
}
