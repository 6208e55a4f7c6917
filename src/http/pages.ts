import { type TopicBook, topicOf } from '../profiles/topics.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html, within } from './html.ts';
import type { Speech } from './speech.ts';
import type { ProblemTexts } from './texts/shape.ts';

/** The page at `/`. */
export function homePage({ texts: { home, lang } }: Speech, isSignUpOpen: boolean): string {
  const [before, between, after] = home.operator;
  return page(
    home.title,
    html`<p>${home.what}</p>
<p>${home.reader}</p>
${isSignUpOpen && html`<p><a href="s">${home.signUp}</a></p>`}
<p class="soft">${before}<code>dear --help</code>${between}<code>dear config</code>${after}</p>`,
    lang,
  );
}

/** A page that says what went wrong and what to do about it. */
export function problemPage({ texts }: Speech, { title, text }: ProblemTexts): string {
  return page(title, html`<p>${text}</p>`, texts.lang);
}

/** The address with most of its local part hidden: a page may be seen by whom the letter was forwarded to. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = at > 0 ? [...address.slice(0, at)] : [];
  return at > 0 ? `${first}•••${address.slice(at)}` : '•••';
}

const isIn = (reader: LetterReader) =>
  reader.topics.some(({ topic, state }) => topic === reader.topic && state === 'in');

const masked = (reader: LetterReader) => html`<strong>${maskedAddress(reader.address)}</strong>`;

/** What the pages behind the link to stop are made from. */
export interface UnsubscribeView {
  readonly reader: LetterReader;
  /** The page's own token, which relative links need. */
  readonly token: string;
  /** Where the preference page is, seen from `/u/<token>`. */
  readonly preferences: string;
  /** In the language of the page. */
  readonly book: TopicBook;
  readonly speech: Speech;
}

const topicTitle = ({ book, reader }: UnsubscribeView) => topicOf(book, reader.topic).title;

/** What GET shows; it changes nothing. */
export function unsubscribePage(view: UnsubscribeView): string {
  const { reader, token, speech } = view;
  if (!isIn(reader)) return stoppedPage(view, false);
  const { unsubscribe, lang } = speech.texts;
  return page(
    unsubscribe.askTitle(topicTitle(view)),
    html`<p>${within(unsubscribe.ask, masked(reader))}</p>
<form method="post" action="${token}"><input type="hidden" name="how" value="button">
<button type="submit">${unsubscribe.stop}</button></form>
${elsewhere(view, unsubscribe.fewerAsk)}`,
    lang,
  );
}

/** After the unsubscribe, or when somebody comes back to it. */
export function stoppedPage(view: UnsubscribeView, justNow = true): string {
  const { reader, token, speech } = view;
  const { unsubscribe, lang } = speech.texts;
  return page(
    justNow ? unsubscribe.doneTitle : unsubscribe.stoppedTitle,
    html`<div class="notice" role="status"><p>${within(unsubscribe.stopped(topicTitle(view)), masked(reader))}${
      justNow && html` ${unsubscribe.inForce}`
    }</p></div>
<p>${unsubscribe.mistake}</p>
<form method="post" action="${token}/undo"><button class="quiet" type="submit">${unsubscribe.again}</button></form>
${elsewhere(view, unsubscribe.others)}`,
    lang,
  );
}

/** After the unsubscribe was taken back; the page lives one level below the token. */
export function resumedPage(view: UnsubscribeView): string {
  const { reader, token, speech } = view;
  const { unsubscribe, lang } = speech.texts;
  const say = isIn(reader) ? unsubscribe.back : unsubscribe.same;
  return page(
    isIn(reader) ? unsubscribe.backTitle : unsubscribe.sameTitle,
    html`<div class="notice" role="status"><p>${within(say(topicTitle(view)), masked(reader))}</p></div>
<p><a href="../${token}">${unsubscribe.stopAfterAll}</a></p>
${elsewhere(view, unsubscribe.fewer, '../')}`,
    lang,
  );
}

function elsewhere({ speech, preferences }: UnsubscribeView, question: string, up = ''): Html {
  const { choose } = speech.texts.unsubscribe;
  return html`<footer class="soft"><p>${question} <a href="${up}${preferences}">${choose}</a>.</p></footer>`;
}
