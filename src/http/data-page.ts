import { type TopicBook, topicOf } from '../profiles/topics.ts';
import type { AboutReader, LetterReader, ReaderLetter } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html } from './html.ts';
import { maskedAddress } from './pages.ts';
import type { Speech } from './speech.ts';
import type { Texts } from './texts/texts.ts';
import { happened, knownProperties, sourceIn, suppressionIn, told } from './told.ts';

/** What the page shows: whose, from where, in which zone times are told. */
export interface DataView {
  readonly speech: Speech;
  readonly reader: LetterReader;
  readonly about: AboutReader;
  /** In the language of the page. */
  readonly book: TopicBook;
  readonly token: string;
  readonly timeZone: string;
}

/** How this reader is told of things. */
interface Voice {
  readonly texts: Texts;
  readonly book: TopicBook;
  moment(at: number): string;
}

/** All that is stored about the customer, in plain language; lives one level below the token. */
export function dataPage(view: DataView): string {
  const { texts } = view.speech;
  const voice: Voice = { texts, book: view.book, moment: momentsOf(view) };
  const { data: say, lang } = texts;
  return page(
    say.title,
    html`<p>${say.intro}</p>
<p><a href="../${view.token}">${say.back}</a></p>
${whoYouAre(view.about, voice)}
${consents(view.about, voice)}
${letters(view.about, voice)}
${events(view.about, voice)}
<h2>${say.takeTitle}</h2>
<p class="hint">${say.take}</p>
<form method="post" action="download"><button type="submit">${say.download}</button></form>
<h2>${say.eraseTitle}</h2>
<p class="hint">${say.eraseHint}</p>
<p><a href="erase">${say.eraseLink}</a></p>`,
    lang,
  );
}

function momentsOf({ speech, reader, timeZone }: DataView): (at: number) => string {
  const format = new Intl.DateTimeFormat(speech.locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: reader.timeZone ?? timeZone,
  });
  return (at) => format.format(at);
}

function whoYouAre({ profile, externalIds, suppression }: AboutReader, { texts, moment }: Voice): Html {
  const { data: say } = texts;
  const attributes = Object.entries(profile.attributes);
  return html`<h2>${say.you}</h2>
${suppression !== undefined && html`<div class="notice"><p>${say.suppressed(suppressionIn(texts, suppression.reason))}</p></div>`}
<dl><dt>${say.email}</dt><dd>${profile.email ?? say.noEmail}</dd><dt>${say.since}</dt><dd>${moment(profile.createdAt)}</dd>
${externalIds.length > 0 && html`<dt>${say.externalIds}</dt><dd>${externalIds.map(({ source, value }) => `${source}: ${value}`).join(', ')}</dd>`}</dl>
${
  attributes.length > 0 &&
  html`<h3>${say.attributes}</h3>
<dl>${attributes.map(([name, value]) => html`<dt>${name}</dt><dd>${plain(value)}</dd>`)}</dl>`
}`;
}

function consents({ consents: held, history }: AboutReader, { texts, book, moment }: Voice): Html {
  const { data: say } = texts;
  const items = held.map(
    ({
      topic,
      state,
      at,
      source,
      wording,
      proof,
    }) => html`<li><strong>${topicOf(book, topic).title}</strong>: ${say.consentState[state]}
<time datetime="${iso(at)}">${say.consentFrom(moment(at), sourceIn(texts, source))}</time>${
      wording !== undefined && html`<small>${say.wording} ${texts.quote(wording)} </small>`
    }${proof !== undefined && html`<small>${say.proof} ${proof}</small>`}</li>`,
  );
  const lines = history.map(
    ({ topic, state, at, source }) =>
      html`<li>${say.historyLine(state, topicOf(book, topic).title, sourceIn(texts, source))}<time datetime="${iso(at)}">${moment(at)}</time></li>`,
  );
  return html`<h2>${say.consents}</h2>
${held.length === 0 ? html`<p>${say.noConsents}</p>` : html`<ul class="plain">${items}</ul>`}
${lines.length > 0 && html`<details><summary>${say.history(lines.length)}</summary><ul class="plain">${lines}</ul></details>`}`;
}

function letters({ letters: sent, letterCount }: AboutReader, { texts, moment }: Voice): Html {
  const { data: say } = texts;
  const items = sent.map((letter) => {
    const reactions = (['opened', 'clicked', 'replied', 'unsubscribed'] as const)
      .filter((what) => letter[what])
      .map((what) => say.reactions[what]);
    return html`<li>${texts.quote(letter.campaign)}: ${[stateOf(letter, texts), ...reactions].join(', ')}
<time datetime="${iso(letter.at)}">${moment(letter.at)}</time></li>`;
  });
  const shown = sent.length < letterCount && say.lettersShown(sent.length, letterCount);
  return html`<h2>${say.letters}</h2>
${
  sent.length === 0
    ? html`<p>${say.noLetters}</p>`
    : html`${shown !== false && html`<p class="hint">${shown}</p>`}
<ul class="plain">${items}</ul>`
}`;
}

/** What became of a letter. */
function stateOf({ state, reason = '' }: ReaderLetter, { data: say }: Texts): string {
  switch (state) {
    case 'accepted':
    case 'sending':
    case 'failed':
    case 'unknown':
      return say.letterStates[state];
    case 'queued':
    case 'deferred':
      return say.letterStates.waiting;
    default:
      return reason === '' ? say.letterStates.skipped : say.skippedBecause(told(say.reasons, reason));
  }
}

function events({ summary, timeline }: AboutReader, { texts, moment }: Voice): Html {
  const { data: say } = texts;
  if (summary.length === 0) return html`<h2>${say.events}</h2><p>${say.noEvents}</p>`;
  const sums = summary.map(
    ({ type, count, first, last }) =>
      html`<li>${say.eventSums(told(say.kinds, type), count, moment(first), moment(last))}</li>`,
  );
  const items = timeline.map(({ type, at, properties }) => {
    const rest = Object.entries(properties).filter(([name]) => !knownProperties.includes(name));
    return html`<li>${happened(type, properties, texts)}${
      rest.length > 0 &&
      html` <small>${rest.map(([name, value]) => `${name}: ${plain(value)}`).join('; ')}</small>`
    }<time datetime="${iso(at)}">${moment(at)}</time></li>`;
  });
  const total = summary.reduce((sum, { count }) => sum + count, 0);
  return html`<h2>${say.events}</h2>
<ul class="plain">${sums}</ul>
<details><summary>${say.newestEvents(timeline.length, total)}</summary><ul class="plain">${items}</ul></details>`;
}

const iso = (at: number) => new Date(at).toISOString();

/** A value as a person reads it: lists with commas, objects as name and value. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${plain(inner)}`)
      .join(', ');
  }
  return String(value);
}

/** Asks once more before everything goes. Nothing is done by looking at it. */
export function erasePage({ texts }: Speech, reader: LetterReader, token: string, isWrong = false): string {
  const { data: say, lang } = texts;
  return page(
    say.confirmTitle,
    html`${isWrong && html`<div class="notice alarm" role="alert"><p id="wrong">${say.confirmWrong}</p></div>`}
${say.confirmText.map((text) => html`<p>${text}</p>`)}
<form method="post" action="erase"><div class="field"><label for="email">${say.confirmField}</label>
<p class="hint" id="hint">${say.confirmHint(maskedAddress(reader.sentTo ?? reader.address))}</p>
<input id="email" type="email" name="email" required autocomplete="email" aria-describedby="hint${isWrong && html` wrong`}"${isWrong && html` aria-invalid="true"`}></div>
<button class="danger" type="submit">${say.confirmButton}</button></form>
<p><a href="../${token}">${say.keep}</a></p>`,
    lang,
  );
}

/** After everything went. */
export function erasedPage({ texts: { data: say, lang } }: Speech): string {
  return page(say.erasedTitle, html`<div class="notice" role="status"><p>${say.erased}</p></div>`, lang);
}
