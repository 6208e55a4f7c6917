import { type TopicBook, topicOf } from '../profiles/topics.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html } from './html.ts';
import { type Texts, textsFor } from './texts/texts.ts';

/** The page at `/`. */
export function homePage(isSignUpOpen: boolean): string {
  const { home, lang } = textsFor(undefined);
  return page(
    home.title,
    html`<p>${home.what}</p>
<p>${home.reader}</p>
${isSignUpOpen && html`<p><a href="s">${home.signUp}</a></p>`}
<p class="soft">If you run this server: <code>dear --help</code> lists what it can do, and <code>dear config</code>
how it is set up.</p>`,
    lang,
  );
}

/** A page that says what went wrong and what to do about it. */
export function problemPage(title: string, text: string): string {
  return page(title, html`<p>${text}</p>`);
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

/** What GET shows; it changes nothing. `token` is the one of the page, which relative links need. */
export function unsubscribePage(
  reader: LetterReader,
  token: string,
  preferences: string,
  book: TopicBook,
): string {
  if (!isIn(reader)) return stoppedPage(reader, token, preferences, book, false);
  const texts = textsFor(reader.language);
  const { unsubscribe } = texts;
  return page(
    unsubscribe.askTitle(topicOf(book, reader.topic).title),
    html`<p>${unsubscribe.ask[0] ?? ''} ${masked(reader)}${unsubscribe.ask[1] ?? ''}</p>
<form method="post" action="${token}"><input type="hidden" name="how" value="button">
<button type="submit">${unsubscribe.stop}</button></form>
${elsewhere(texts, preferences, unsubscribe.fewerAsk)}`,
    texts.lang,
  );
}

/** After the unsubscribe, or when somebody comes back to it. */
export function stoppedPage(
  reader: LetterReader,
  token: string,
  preferences: string,
  book: TopicBook,
  justNow = true,
): string {
  const texts = textsFor(reader.language);
  const { unsubscribe } = texts;
  return page(
    justNow ? unsubscribe.doneTitle : unsubscribe.stoppedTitle,
    html`<div class="notice" role="status"><p>${masked(reader)} ${unsubscribe.stopped(topicOf(book, reader.topic).title)}${
      justNow && html` ${unsubscribe.inForce}`
    }</p></div>
<p>${unsubscribe.mistake}</p>
<form method="post" action="${token}/undo"><button class="quiet" type="submit">${unsubscribe.again}</button></form>
${elsewhere(texts, preferences, unsubscribe.others)}`,
    texts.lang,
  );
}

/** After the unsubscribe was taken back; the page lives one level below the token. */
export function resumedPage(
  reader: LetterReader,
  token: string,
  preferences: string,
  book: TopicBook,
): string {
  const texts = textsFor(reader.language);
  const { unsubscribe } = texts;
  const topic = topicOf(book, reader.topic).title;
  return page(
    isIn(reader) ? unsubscribe.backTitle : unsubscribe.sameTitle,
    html`<div class="notice" role="status"><p>${masked(reader)} ${
      isIn(reader) ? unsubscribe.back(topic) : unsubscribe.same(topic)
    }</p></div>
<p><a href="../${token}">${unsubscribe.stopAfterAll}</a></p>
${elsewhere(texts, `../${preferences}`, unsubscribe.fewer)}`,
    texts.lang,
  );
}

function elsewhere({ unsubscribe }: Texts, preferences: string, question: string): Html {
  return html`<footer class="soft"><p>${question} <a href="${preferences}">${unsubscribe.choose}</a>.</p></footer>`;
}
