import { readFrequency } from '../profiles/preferences.ts';
import { type TopicBook, topicOf } from '../profiles/topics.ts';
import { type PreferenceFields, rhythms, writeShown } from '../tracking/preference-fields.ts';
import type { FormProblem, Offer } from '../tracking/preferences.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html, within } from './html.ts';
import { maskedAddress } from './pages.ts';
import type { Speech } from './speech.ts';
import type { Texts } from './texts/texts.ts';
import { timeZoneName, timeZoneOptions } from './time-zones.ts';

/** What is said above the form. */
export interface Notice {
  readonly done?: 'saved' | 'stopped';
  readonly problems?: readonly FormProblem[];
  /** Something was changed elsewhere since the form that was sent was made. */
  readonly isStale?: boolean;
}

/** All that the page shows; `fields` is what stands in the form, saved or not, and `saved` what is saved. */
export interface PreferenceView {
  readonly speech: Speech;
  readonly reader: LetterReader;
  readonly fields: PreferenceFields;
  readonly saved: PreferenceFields;
  readonly token: string;
  /** In the language of the page, as the topics of the offer are. */
  readonly book: TopicBook;
  readonly offer: Offer;
  /** The limit of those who chose none, such as '2 per week'. */
  readonly usual: string;
  readonly notice?: Notice | undefined;
  /** How the page reaches its token: it may live one level below. */
  readonly up?: '../' | undefined;
}

/**
 * What a reader gets and how often, with a form to change it that needs no script. A browser that comes back to it must
 * not fill in what stood in the form before: it would not go with what the form says that it showed.
 */
export function preferencesPage(view: PreferenceView): string {
  const { reader, token, speech, up = '' } = view;
  const { texts } = speech;
  const { preferences: say } = texts;
  const failed = (view.notice?.problems ?? []).length > 0;
  return page(
    failed ? say.notYet : say.title,
    html`${noticeBox(view, texts)}
<p>${within(say.intro, html`<strong>${maskedAddress(reader.address)}</strong>`)}</p>
<form method="post" action="${up}${token}" novalidate autocomplete="off">
<input type="hidden" name="form" value="preferences">
<input type="hidden" name="shownIn" value="${speech.tag}">
<input type="hidden" name="was" value="${writeShown(view.saved)}">
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
  const stale = notice?.isStale === true && html`<p>${say.stale}</p>`;
  if (problems.length > 0) {
    const lines = problems.map((kind) => html`<li id="wrong-${kind}">${say.problems[kind]}</li>`);
    return html`<div class="notice alarm" role="alert"><ul>${lines}</ul>${stale}</div>`;
  }
  if (notice?.done === undefined) return undefined;
  return html`<div class="notice" role="status"><p>${notice.done === 'saved' ? say.saved : say.stopped}</p>${stale}</div>`;
}

/** Marks a field that one of the problems is about. */
function wrong({ notice }: PreferenceView, ...kinds: FormProblem[]): Html | undefined {
  const kind = kinds.find((one) => notice?.problems?.includes(one));
  return kind && html` aria-invalid="true" aria-describedby="wrong-${kind}"`;
}

function topics({ reader, fields, book, offer }: PreferenceView, { preferences: say, quote }: Texts): Html {
  const wordings = new Map(offer.topics.map(({ name, wording }) => [name, wording]));
  const states = new Map(reader.topics.map(({ topic, state }) => [topic, state]));
  const names = [...new Set([...offer.topics.map(({ name }) => name), ...states.keys()])];
  const ticks = names.map((name) => {
    const { title, about } = topicOf(book, name);
    const wording = states.get(name) === 'in' ? undefined : wordings.get(name);
    return html`<input type="hidden" name="shown" value="${name}">
<label class="tick"><input type="checkbox" name="topic" value="${name}"${fields.topic.includes(name) && html` checked`}>
<span>${title}${about !== undefined && html`<small>${about}</small>`}${
      states.get(name) === 'pending' && html`<small>${say.pending}</small>`
    }${wording !== undefined && html`<small>${say.agree} ${quote(wording)}</small>`}</span></label>
`;
  });
  return html`<fieldset><legend>${say.what}</legend>
<p class="hint">${names.length > 0 ? say.whatHint : say.noTopics}</p>
${ticks}</fieldset>`;
}

function frequency(view: PreferenceView, { preferences: say }: Texts): Html {
  const { fields, usual } = view;
  const choice = (value: (typeof rhythms)[number]) => {
    const label = value === 'usual' ? say.rhythm.usual(say.usual(readFrequency(usual))) : say.rhythm[value];
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

function place(view: PreferenceView, texts: Texts): Html {
  const { preferences: say, lang } = texts;
  const { fields, offer, speech } = view;
  const tags =
    fields.language === '' || offer.languages.includes(fields.language)
      ? offer.languages
      : [fields.language, ...offer.languages];
  const languages = tags.map(
    (tag) =>
      html`<option value="${tag}" lang="${isTag(tag) ? tag : lang}"${fields.language === tag && html` selected`}>${languageName(tag, speech)}</option>`,
  );
  return html`<fieldset><legend>${say.where}</legend>
<div class="field"><label for="timeZone">${say.zone}</label>
<p class="hint" id="timeZoneHint">${say.zoneHint(timeZoneName(offer.timeZone, speech))}</p>
<select id="timeZone" name="timeZone"${hinted(view, 'timeZone')}><option value="">${say.zoneUnknown}</option>
${timeZoneOptions(fields.timeZone, texts)}</select></div>
${
  offer.languages.length > 0 &&
  html`<div class="field"><label for="language">${say.language}</label>
<p class="hint" id="languageHint">${say.languageHint}</p>
<select id="language" name="language"${hinted(view, 'language')}><option value="">${say.languageUsual}</option>
${languages}</select></div>`
}</fieldset>`;
}

/** A field with a hint beside it, and perhaps a problem. */
function hinted({ notice }: PreferenceView, kind: 'timeZone' | 'language'): Html {
  return notice?.problems?.includes(kind)
    ? html` aria-invalid="true" aria-describedby="wrong-${kind} ${kind}Hint"`
    : html` aria-describedby="${kind}Hint"`;
}

const isTag = (text: string) => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text);

/** A language by its own name, which its speakers look for, and by that of the page. What is no tag is shown as it is. */
function languageName(tag: string, { locale }: Speech): string {
  if (!isTag(tag)) return tag;
  const nameIn = (language: string) => new Intl.DisplayNames([language], { type: 'language' }).of(tag) ?? tag;
  const [own, here] = [nameIn(tag), nameIn(locale)];
  const shown = `${own.charAt(0).toLocaleUpperCase(tag)}${own.slice(1)}`;
  return here.toLocaleLowerCase(locale) === own.toLocaleLowerCase(locale) ? shown : `${shown} (${here})`;
}
