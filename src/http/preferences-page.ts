import { readFrequency } from '../profiles/preferences.ts';
import { clockTime } from '../tracking/preferences.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { page } from './frame.ts';
import { type Html, html } from './html.ts';
import { maskedAddress } from './pages.ts';

/** What is said above the form. */
export interface Notice {
  readonly saved?: boolean;
  readonly problems?: readonly string[];
}

/** What a reader gets and how often, with a form to change it that needs no script. */
export function preferencesPage(
  reader: LetterReader,
  token: string,
  usual: string,
  notice: Notice = {},
): string {
  return page(
    'Your letters',
    html`${noticeBox(notice)}
<p>These choices are for <strong>${maskedAddress(reader.address)}</strong> and take effect at once.</p>
<form method="post" action="${token}">
<input type="hidden" name="form" value="preferences">
${topics(reader)}
${frequency(reader, usual)}
${quietHours(reader)}
<button type="submit">Save my choices</button>
</form>`,
  );
}

function noticeBox({ saved, problems = [] }: Notice): Html | undefined {
  if (problems.length > 0) {
    const lines = problems.map((problem) => html`<p>${problem}</p>`);
    return html`<div class="notice" role="alert"><p><strong>Nothing was changed yet.</strong></p>${lines}</div>`;
  }
  return saved ? html`<div class="notice" role="status"><p>Your choices are saved.</p></div>` : undefined;
}

function topics(reader: LetterReader): Html {
  const ticks = reader.topics.map(
    ({ topic, state }) => html`<input type="hidden" name="shown" value="${topic}">
<label class="tick"><input type="checkbox" name="topic" value="${topic}"${state === 'in' && html` checked`}> ${topic}</label>
`,
  );
  return html`<fieldset><legend>What you get</legend>
<p class="soft">Untick what you do not want any more.</p>
${ticks}</fieldset>`;
}

const pers = ['day', 'week', 'month'] as const;

function frequency({ frequency: own }: LetterReader, usual: string): Html {
  const limit = readFrequency(usual);
  const rhythm = limit === undefined ? 'no limit' : `at most ${limit.max} per ${limit.per}`;
  const options = pers.map(
    (per) => html`<option value="${per}"${(own?.per ?? 'week') === per && html` selected`}>${per}</option>`,
  );
  return html`<fieldset><legend>How often</legend>
<p class="soft">All letters together. Leave the number empty for our usual rhythm: ${rhythm}.</p>
<div class="row"><label for="max">At most</label>
<input id="max" type="number" name="max" min="1" max="100" inputmode="numeric" value="${own?.max}">
<label for="per">letters per</label> <select id="per" name="per">${options}</select></div></fieldset>`;
}

function quietHours({ quietHours: own, timeZone }: LetterReader): Html {
  const from = own === undefined ? '' : clockTime(own.from);
  const to = own === undefined ? '' : clockTime(own.to);
  return html`<fieldset><legend>Quiet hours</legend>
<p class="soft">No letter leaves for you between these times${
    timeZone !== undefined && html` (time zone ${timeZone.replaceAll('_', ' ')})`
  }. Leave both empty if any time is fine.</p>
<div class="row"><label for="quietFrom">From</label> <input id="quietFrom" type="time" name="quietFrom" value="${from}">
<label for="quietTo">to</label> <input id="quietTo" type="time" name="quietTo" value="${to}"></div></fieldset>`;
}
