import { type TopicBook, topicOf } from '../profiles/topics.ts';
import type { ConfirmationNow } from '../sign-up/port.ts';
import { page } from './frame.ts';
import { type Html, html, within } from './html.ts';
import { maskedAddress } from './pages.ts';
import type { Speech } from './speech.ts';
import { suppressionIn } from './told.ts';

/** What the pages behind the letter's link are made from. */
export interface ConfirmView {
  readonly confirmation: ConfirmationNow;
  /** The page's own token, which relative links need. */
  readonly token: string;
  /** In the language of the page. */
  readonly book: TopicBook;
  readonly now: number;
  readonly speech: Speech;
}

/** What the link of the letter shows. Only its buttons decide, so that a scanner that follows it confirms nothing. */
export function confirmPage(view: ConfirmView): string {
  const { answer, expiresAt } = view.confirmation;
  if (answer === 'yes') return yesPage(view);
  if (answer === 'no') return noPage(view);
  if (answer === 'expired' || expiresAt <= view.now) return expiredPage(view);
  return askPage(view);
}

/** Right after a no; lives one level below the token. */
export function refusedPage(view: ConfirmView): string {
  // A statement of a later moment stands, as another machine's clock may have it.
  if (view.confirmation.holds.agreed.length > 0) return noPage(view, '../');
  const { signUp: say, lang } = view.speech.texts;
  return page(
    say.noTitle,
    html`<div class="notice" role="status"><p>${within(say.noText, masked(view))}</p></div>`,
    lang,
  );
}

function askPage(view: ConfirmView): string {
  const { confirmation, token, book } = view;
  const { signUp: say, lang } = view.speech.texts;
  const wordings = confirmation.topics.flatMap((name) => confirmation.wordings.get(name) ?? []);
  return page(
    say.confirmTitle,
    html`${obstacle(view)}
${topicList(confirmation.topics, book)}
<p>${within(say.confirmIntro, masked(view))}</p>
${wordings.length > 0 && html`<p>${say.youAgree}</p><ul>${wordings.map((wording) => html`<li>${wording}</li>`)}</ul>`}
<form method="post" action="${token}"><button type="submit">${say.yes}</button></form>
${refuseForm(token, say.no)}`,
    lang,
  );
}

/** After a yes: what came of it since. */
function yesPage(view: ConfirmView): string {
  const { confirmation, token, book } = view;
  const { signUp: say, lang } = view.speech.texts;
  const { agreed, suppressed } = confirmation.holds;
  const stopped = confirmation.topics.filter((name) => !agreed.includes(name));
  if (agreed.length === 0) {
    return page(
      say.stoppedTitle,
      html`${obstacle(view)}
<p>${within(say.stopped, masked(view))}</p>
${topicList(stopped, book)}
${anew(view)}`,
      lang,
    );
  }
  return page(
    suppressed === undefined ? say.yesTitle : say.blockedTitle,
    html`${obstacle(view)}
${lettersOf(view)}
${stopped.length > 0 && html`<p>${say.stoppedToo}</p>${topicList(stopped, book)}`}
${refuseForm(token, say.stop)}`,
    lang,
  );
}

/** Some time after a no, which may have been followed by a yes elsewhere. */
function noPage(view: ConfirmView, up = ''): string {
  const { holds } = view.confirmation;
  const { signUp: say, lang } = view.speech.texts;
  if (holds.agreed.length === 0)
    return page(say.refusedTitle, html`${obstacle(view)}<p>${say.refused}</p>${anew(view, up)}`, lang);
  return page(
    holds.suppressed === undefined ? say.laterTitle : say.blockedTitle,
    html`${obstacle(view)}<p>${say.later}</p>
${lettersOf(view)}
${refuseForm(`${up}${view.token}`, say.stop)}`,
    lang,
  );
}

function expiredPage(view: ConfirmView): string {
  const { agreed } = view.confirmation.holds;
  const { signUp: say, lang } = view.speech.texts;
  const rest =
    agreed.length === 0
      ? html`<p>${say.expired}</p>${anew(view)}`
      : html`<p>${say.expiredAgreed}</p>${lettersOf(view)}${refuseForm(view.token, say.stop)}`;
  return page(say.expiredTitle, html`${obstacle(view)}${rest}`, lang);
}

/** What the address gets, or would get if nothing stood against it. */
function lettersOf(view: ConfirmView): Html {
  const { agreed, suppressed, pausedUntil } = view.confirmation.holds;
  const { signUp: say } = view.speech.texts;
  const isFree = suppressed === undefined && (pausedUntil === undefined || pausedUntil <= view.now);
  const text = isFree ? say.yesText : say.wouldText;
  return html`<div class="notice" role="status"><p>${within(text, masked(view))}</p></div>
${topicList(agreed, view.book)}`;
}

/** Why no letter comes although it may be wanted, and what to do about it. */
function obstacle({ confirmation, book, now, speech }: ConfirmView): Html | false {
  const { texts, locale } = speech;
  const { signUp: say } = texts;
  const { suppressed, pausedUntil } = confirmation.holds;
  if (suppressed !== undefined) {
    const contact = book.from?.address;
    return html`<div class="notice alarm"><p>${say.suppressed(suppressionIn(texts, suppressed))}</p>
<p>${contact === undefined ? say.suppressedMend : html`${say.suppressedMend} <a href="mailto:${contact}">${contact}</a>`}</p></div>`;
  }
  if (pausedUntil === undefined || pausedUntil <= now) return false;
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(pausedUntil);
  return html`<div class="notice"><p>${say.paused(day)}</p></div>`;
}

/** How to get the letters after all; nothing where nobody would be asked. */
function anew({ confirmation, book, speech }: ConfirmView, up = ''): Html | false {
  if (confirmation.holds.suppressed !== undefined) return false;
  const isOpen = book.from !== undefined && book.topics.some(({ signUp }) => signUp);
  const [before, link, after] = speech.texts.signUp.anew;
  const { language } = confirmation;
  const query = language === undefined ? '' : `?language=${encodeURIComponent(language)}`;
  return html`<p>${before}${isOpen ? html`<a href="${up}../s${query}">${link}</a>` : link}${after}</p>`;
}

const refuseForm = (token: string, button: string) =>
  html`<form method="post" action="${token}/no"><button class="quiet" type="submit">${button}</button></form>`;

const masked = ({ confirmation }: ConfirmView) =>
  html`<strong>${maskedAddress(confirmation.address ?? '')}</strong>`;

function topicList(names: readonly string[], book: TopicBook): Html {
  const items = names.map((name) => {
    const { title, about } = topicOf(book, name);
    return html`<li><strong>${title}</strong>${about !== undefined && html`<br>${about}`}</li>`;
  });
  return html`<ul>${items}</ul>`;
}
