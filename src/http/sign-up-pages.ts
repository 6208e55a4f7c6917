import type { TopicBook } from '../profiles/topics.ts';
import { page } from './frame.ts';
import { html, within } from './html.ts';
import type { Speech } from './speech.ts';

/** What stands in the form, and what is wrong with it. */
export interface SignUpFields {
  readonly email: string;
  readonly topics: readonly string[];
  /** As the page was asked for; nothing when the browser decided. */
  readonly language: string;
  readonly wrong?: 'email' | 'topics' | undefined;
}

/**
 * The form at `/s`; it says so when there is nothing to sign up for.
 * @param book in the language of the page
 */
export function signUpPage(speech: Speech, book: TopicBook, fields: SignUpFields): string {
  const { signUp: say, lang } = speech.texts;
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
<input type="hidden" name="shownIn" value="${speech.tag}">
${fields.language !== '' && html`<input type="hidden" name="language" value="${fields.language}">`}
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
export function thanksPage({ texts: { signUp: say, lang } }: Speech, address: string): string {
  return page(
    say.thanksTitle,
    html`<div class="notice" role="status"><p>${within(say.thanks, html`<strong>${address}</strong>`)}</p></div>
<p class="soft">${say.thanksHint}</p>`,
    lang,
  );
}
