import { type TopicBook, topicOf } from '../profiles/topics.ts';
import { type FormProblem, type Offer, type PreferenceFields, rhythms } from '../tracking/preferences.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html } from './html.ts';
import { maskedAddress } from './pages.ts';
import { type Texts, textsFor } from './texts/texts.ts';
import { timeZoneOptions } from './time-zones.ts';

/** What is said above the form. */
export interface Notice {
  readonly done?: 'saved' | 'stopped';
  readonly problems?: readonly FormProblem[];
}

/** All that the page shows; `fields` is what stands in the form, saved or not. */
export interface PreferenceView {
  readonly reader: LetterReader;
  readonly fields: PreferenceFields;
  readonly token: string;
  readonly book: TopicBook;
  readonly offer: Offer;
  /** The limit of those who chose none, such as '2 per week'. */
  readonly usual: string;
  readonly notice?: Notice | undefined;
  /** How the page reaches its token: it may live one level below. */
  readonly up?: '../' | undefined;
}

/** What a reader gets and how often, with a form to change it that needs no script. */
export function preferencesPage(view: PreferenceView): string {
  const { reader, token, up = '' } = view;
  const texts = textsFor(reader.language);
  const { preferences: say } = texts;
  const failed = (view.notice?.problems ?? []).length > 0;
  return page(
    failed ? say.notYet : say.title,
    html`${noticeBox(view, texts)}
<p>${say.intro[0] ?? ''} <strong>${maskedAddress(reader.address)}</strong>${say.intro[1] ?? ''}</p>
<form method="post" action="${up}${token}" novalidate>
<input type="hidden" name="form" value="preferences">
${topics(view, texts)}
${frequency(view, texts)}
${pause(view, texts)}
${quietHours(view, texts)}
${place(view, texts)}
<button type="submit">${say.save}</button>
</form>
<h2>${say.stopTitle}</h2>
<form method="post" action="${up}${token}/stop"><p class="hint">${say.stopHint}</p>
<button class="quiet" type="submit">${say.stop}</button></form>
<footer><p>${say.dataAsk} <a href="${up}${token}/data">${say.dataLink}</a>.</p></footer>`,
    texts.lang,
  );
}

function noticeBox({ notice }: PreferenceView, { preferences: say }: Texts): Html | undefined {
  const problems = notice?.problems ?? [];
  if (problems.length > 0) {
    const lines = problems.map((kind) => html`<li id="wrong-${kind}">${say.problems[kind]}</li>`);
    return html`<div class="notice alarm" role="alert"><ul>${lines}</ul></div>`;
  }
  if (notice?.done === undefined) return undefined;
  return html`<div class="notice" role="status"><p>${notice.done === 'saved' ? say.saved : say.stopped}</p></div>`;
}

/** Marks a field that one of the problems is about. */
function wrong({ notice }: PreferenceView, ...kinds: FormProblem[]): Html | undefined {
  const kind = kinds.find((one) => notice?.problems?.includes(one));
  return kind && html` aria-invalid="true" aria-describedby="wrong-${kind}"`;
}

function topics({ reader, fields, book, offer }: PreferenceView, { preferences: say }: Texts): Html {
  const states = new Map(reader.topics.map(({ topic, state }) => [topic, state]));
  const names = [...new Set([...offer.topics.map(({ name }) => name), ...states.keys()])];
  const ticks = names.map((name) => {
    const { title, about } = topicOf(book, name);
    return html`<input type="hidden" name="shown" value="${name}">
<label class="tick"><input type="checkbox" name="topic" value="${name}"${fields.topic.includes(name) && html` checked`}>
<span>${title}${about !== undefined && html`<small>${about}</small>`}${
      states.get(name) === 'pending' && html`<small>${say.pending}</small>`
    }</span></label>
`;
  });
  return html`<fieldset><legend>${say.what}</legend>
<p class="hint">${names.length > 0 ? say.whatHint : say.noTopics}</p>
${ticks}</fieldset>`;
}

function frequency(view: PreferenceView, { preferences: say }: Texts): Html {
  const { fields, usual } = view;
  const choice = (value: (typeof rhythms)[number]) => {
    const label = value === 'usual' ? say.rhythm.usual(say.usual(usual)) : say.rhythm[value];
    return html`<label class="tick"><input type="radio" name="often" value="${value}"${fields.often === value && html` checked`}>
<span>${label}${value === 'own' && ' …'}${value === 'important' && html`<small>${say.importantHint}</small>`}</span></label>
`;
  };
  const options = (['day', 'week', 'month'] as const).map(
    (per) => html`<option value="${per}"${fields.per === per && html` selected`}>${say.per[per]}</option>`,
  );
  return html`<fieldset><legend>${say.often}</legend>
<p class="hint">${say.oftenHint}</p>
${rhythms.map(choice)}
<div class="row own"><input id="max" type="number" name="max" min="1" max="${Math.max(100, Number(fields.max) || 0)}" inputmode="numeric" aria-label="${say.ownNumber}" value="${fields.max}"${wrong(view, 'max')}>
<span class="pair"><label for="per">${say.ownPer}</label> <select id="per" name="per">${options}</select></span></div></fieldset>`;
}

function pause(view: PreferenceView, { preferences: say }: Texts): Html {
  return html`<fieldset><legend>${say.pause}</legend>
<p class="hint">${say.pauseHint}</p>
<div class="row"><label for="pausedUntil">${say.pauseUntil}</label>
<input id="pausedUntil" type="date" name="pausedUntil" value="${view.fields.pausedUntil}"${wrong(view, 'pausedUntil', 'pausedPast', 'pausedLong')}></div></fieldset>`;
}

function quietHours(view: PreferenceView, { preferences: say }: Texts): Html {
  const mark = wrong(view, 'quietHalf', 'quietTime', 'quietEmpty');
  return html`<fieldset><legend>${say.quiet}</legend>
<p class="hint">${say.quietHint}</p>
<div class="row"><span class="pair"><label for="quietFrom">${say.from}</label> <input id="quietFrom" type="time" name="quietFrom" value="${view.fields.quietFrom}"${mark}></span>
<span class="pair"><label for="quietTo">${say.to}</label> <input id="quietTo" type="time" name="quietTo" value="${view.fields.quietTo}"${mark}></span></div></fieldset>`;
}

function place(view: PreferenceView, { preferences: say, lang }: Texts): Html {
  const { fields, offer } = view;
  const tags =
    fields.language === '' || offer.languages.includes(fields.language)
      ? offer.languages
      : [fields.language, ...offer.languages];
  const languages = tags.map(
    (tag) =>
      html`<option value="${tag}" lang="${isTag(tag) ? tag : lang}"${fields.language === tag && html` selected`}>${languageName(tag)}</option>`,
  );
  return html`<fieldset><legend>${say.where}</legend>
<div class="field"><label for="timeZone">${say.zone}</label>
<select id="timeZone" name="timeZone"${wrong(view, 'timeZone')}><option value="">${say.zoneUsual(offer.timeZone)}</option>
${timeZoneOptions(fields.timeZone)}</select></div>
${
  offer.languages.length > 0 &&
  html`<div class="field"><label for="language">${say.language}</label>
<p class="hint" id="languageHint">${say.languageHint}</p>
<select id="language" name="language" aria-describedby="languageHint"${wrong(view, 'language')}><option value="">${say.languageUsual}</option>
${languages}</select></div>`
}</fieldset>`;
}

const isTag = (text: string) => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text);

/** A language by its own name: `de` is Deutsch. What is no tag is shown as it is. */
function languageName(tag: string): string {
  if (!isTag(tag)) return tag;
  const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  return `${name.charAt(0).toLocaleUpperCase(tag)}${name.slice(1)}`;
}
