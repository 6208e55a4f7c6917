import { type TopicBook, topicOf } from '../profiles/topics.ts';
import type { Confirmation } from '../sign-up/port.ts';
import { page } from './frame.ts';
import { type Html, html } from './html.ts';
import { maskedAddress } from './pages.ts';
import { textsFor } from './texts/texts.ts';

/** What stands in the form, and what is wrong with it. */
export interface SignUpFields {
  readonly email: string;
  readonly topics: readonly string[];
  readonly wrong?: 'email' | 'topics' | undefined;
}

const { signUp: say, lang } = textsFor(undefined);

/** The form at `/s`; it says so when there is nothing to sign up for. */
export function signUpPage(book: TopicBook, fields: SignUpFields): string {
  const topics = book.topics.filter(({ signUp }) => signUp);
  if (topics.length === 0 || book.from === undefined)
    return page(say.noneTitle, html`<p>${say.none}</p>`, lang);
  const ticks = topics.map(
    ({
      name,
      title,
      about,
      wording,
    }) => html`<label class="tick"><input type="checkbox" name="topic" value="${name}"${
      fields.topics.includes(name) && html` checked`
    }><span>${title}${about !== undefined && html`<small>${about}</small>`}${wording !== undefined && html`<small>${wording}</small>`}</span></label>
`,
  );
  const problem = fields.wrong === 'email' ? say.wrongEmail : say.wrongTopics;
  return page(
    say.title,
    html`${fields.wrong !== undefined && html`<div class="notice alarm" role="alert"><p id="wrong">${problem}</p></div>`}
<p>${say.intro}</p>
<form method="post" action="s" novalidate>
<div class="field"><label for="email">${say.email}</label>
<input id="email" type="email" name="email" required autocomplete="email" value="${fields.email}"${
      fields.wrong === 'email' && html` aria-invalid="true" aria-describedby="wrong"`
    }></div>
<fieldset${fields.wrong === 'topics' && html` aria-describedby="wrong"`}><legend>${say.topics}</legend>
${ticks}</fieldset>
<button type="submit">${say.button}</button></form>`,
    lang,
  );
}

/** The same answer whatever is known of the address: nobody learns here who our customers are. */
export function thanksPage(address: string): string {
  return page(
    say.thanksTitle,
    html`<div class="notice" role="status"><p>${say.thanks[0] ?? ''} <strong>${address}</strong>${say.thanks[1] ?? ''}</p></div>
<p class="soft">${say.thanksHint}</p>`,
    lang,
  );
}

/** What the link of the letter shows. Only its buttons decide, so that a scanner that follows it confirms nothing. */
export function confirmPage(confirmation: Confirmation, token: string, book: TopicBook, now: number): string {
  if (confirmation.answer === 'yes') return confirmedPage(confirmation, token, book);
  if (confirmation.answer === 'no') return refusedPage(confirmation);
  if (confirmation.answer === 'expired' || confirmation.expiresAt <= now)
    return page(say.expiredTitle, html`<p>${say.expired}</p>`, lang);
  const wordings = confirmation.topics.flatMap((name) => topicOf(book, name).wording ?? []);
  return page(
    say.confirmTitle,
    html`${topicList(confirmation, book)}
<p>${say.confirmIntro[0] ?? ''} ${masked(confirmation)}${say.confirmIntro[1] ?? ''}</p>
${wordings.length > 0 && html`<p>${say.youAgree}</p><ul>${wordings.map((wording) => html`<li>${wording}</li>`)}</ul>`}
<form method="post" action="${token}"><button type="submit">${say.yes}</button></form>
<form method="post" action="${token}/no"><button class="quiet" type="submit">${say.no}</button></form>`,
    lang,
  );
}

/** After a yes. `up` leads from the page to its token's siblings. */
function confirmedPage(confirmation: Confirmation, token: string, book: TopicBook): string {
  return page(
    say.yesTitle,
    html`<div class="notice" role="status"><p>${say.yesText[0] ?? ''} ${masked(confirmation)}${say.yesText[1] ?? ''}</p></div>
${topicList(confirmation, book)}
<form method="post" action="${token}/no"><button class="quiet" type="submit">${say.no}</button></form>`,
    lang,
  );
}

/** After a no. */
export function refusedPage(confirmation: Confirmation, justNow = false): string {
  if (!justNow) return page(say.refusedTitle, html`<p>${say.refused}</p>`, lang);
  return page(
    say.noTitle,
    html`<div class="notice" role="status"><p>${say.noText[0] ?? ''} ${masked(confirmation)}${say.noText[1] ?? ''}</p></div>`,
    lang,
  );
}

const masked = ({ address }: Confirmation) => html`<strong>${maskedAddress(address ?? '')}</strong>`;

function topicList(confirmation: Confirmation, book: TopicBook): Html {
  const items = confirmation.topics.map((name) => {
    const { title, about } = topicOf(book, name);
    return html`<li><strong>${title}</strong>${about !== undefined && html`<br>${about}`}</li>`;
  });
  return html`<ul>${items}</ul>`;
}
