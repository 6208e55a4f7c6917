import type { LetterReader } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html } from './html.ts';

/** The page at `/`. */
export function homePage(): string {
  return page(
    'This is Dear',
    html`<p>This server sends letters to people who asked for them, and answers the links in those letters.</p>
<p>If you came here from a letter, please open the link in it once more: every letter has its own links to
stop such letters and to choose how often they come.</p>
<p class="soft">If you run this server: <code>dear --help</code> lists what it can do, and <code>dear config</code>
how it is set up.</p>`,
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

/** What GET shows; it changes nothing. `token` is the one of the page, which relative links need. */
export function unsubscribePage(reader: LetterReader, token: string, preferences: string): string {
  if (!isIn(reader)) return stoppedPage(reader, token, preferences, false);
  return page(
    `Stop letters about ‘${reader.topic}’?`,
    html`<p>They go to <strong>${maskedAddress(reader.address)}</strong>. One press of the button is enough;
it takes effect at once.</p>
<form method="post" action="${token}"><input type="hidden" name="how" value="button">
<button type="submit">Stop these letters</button></form>
${elsewhere(preferences, 'Rather fewer letters than none?')}`,
  );
}

/** After the unsubscribe, or when somebody comes back to it. `up` is the way from the page to its siblings. */
export function stoppedPage(
  reader: LetterReader,
  token: string,
  preferences: string,
  justNow = true,
): string {
  const address = html`<strong>${maskedAddress(reader.address)}</strong>`;
  return page(
    justNow ? 'Done: these letters have stopped' : 'These letters have stopped',
    html`<div class="notice" role="status"><p>${address} no longer gets letters about ‘${reader.topic}’.${
      justNow && html` This is in force already.`
    }</p></div>
<p>Was that a mistake?</p>
<form method="post" action="${token}/undo"><button class="quiet" type="submit">Get these letters again</button></form>
${elsewhere(preferences, 'Other letters?')}`,
  );
}

/** After the unsubscribe was taken back; the page lives one level below the token. */
export function resumedPage(reader: LetterReader, token: string, preferences: string): string {
  const title = isIn(reader) ? 'Welcome back' : 'Nothing was changed';
  const text = isIn(reader)
    ? html`<strong>${maskedAddress(reader.address)}</strong> gets letters about ‘${reader.topic}’ again.`
    : html`<strong>${maskedAddress(reader.address)}</strong> had not stopped letters about ‘${reader.topic}’ here.`;
  return page(
    title,
    html`<div class="notice" role="status"><p>${text}</p></div>
<p><a href="../${token}">Stop them after all</a></p>
${elsewhere(`../${preferences}`, 'Rather fewer letters?')}`,
  );
}

function elsewhere(preferences: string, question: string): Html {
  return html`<footer class="soft"><p>${question} <a href="${preferences}">Choose what you get, and how often</a>.</p></footer>`;
}
