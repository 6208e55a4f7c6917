import pc from 'picocolors';
import type { Dossier } from '../../profiles/dossier.ts';
import { readableEmail } from '../../profiles/email.ts';
import { FORMER_EMAIL } from '../../profiles/identity.ts';
import { writeFrequency, writeQuietHours } from '../../profiles/preferences.ts';
import { type Output, printable } from '../output.ts';

const CELL_MAX = 100;

/** A dossier for people. */
export function printDossier(out: Output, dossier: Dossier): void {
  const { profile, suppression } = dossier;
  out.say(
    `${pc.bold(printable(profile.email === undefined ? 'no e-mail address' : readableEmail(profile.email)))}  ${pc.dim(`profile ${profile.id}`)}`,
  );
  out.say(pc.dim(`known since ${moment(profile.createdAt)}, changed ${moment(profile.updatedAt)}`));
  if (suppression) {
    out.say(
      pc.red(
        `suppressed since ${moment(suppression.at)}: ${printable(suppression.reason)} (${printable(suppression.source)})`,
      ),
    );
  }
  section(
    out,
    'Also known as',
    ['where', 'as'],
    dossier.externalIds.map(({ source, value }) => [
      source === FORMER_EMAIL ? 'e-mail, before' : source,
      source === FORMER_EMAIL ? readableEmail(value) : value,
    ]),
  );
  section(
    out,
    'Attributes',
    ['name', 'value'],
    Object.entries(profile.attributes).map(([name, value]) => [name, cell(value)]),
  );
  section(out, 'Preferences', ['what', 'chosen'], preferences(dossier));
  section(
    out,
    'Consent',
    ['topic', 'state', 'since', 'source'],
    dossier.consents.map((consent) => [
      consent.topic,
      consent.state,
      moment(consent.at),
      cell(consent.source),
    ]),
  );
  section(
    out,
    'History of consent',
    ['when', 'topic', 'state', 'source'],
    dossier.consentHistory.map((consent) => [
      moment(consent.at),
      consent.topic,
      consent.state,
      cell(consent.source),
    ]),
  );
  printEvents(out, dossier);
}

function printEvents(out: Output, { summary, timeline }: Dossier): void {
  section(
    out,
    'Events',
    ['type', 'how often', 'first', 'last'],
    summary.map((one) => [one.type, one.count, moment(one.first), moment(one.last)]),
  );
  const total = summary.reduce((sum, one) => sum + one.count, 0);
  section(
    out,
    timeline.length < total ? `Timeline, the newest ${timeline.length}` : 'Timeline',
    ['when', 'type', 'properties'],
    timeline.map((event) => [moment(event.at), event.type, eventText(event)]),
  );
  if (timeline.length < total) out.say(pc.dim(`${total - timeline.length} older events: add --all`));
}

function preferences({ profile }: Dossier): [string, string][] {
  const { timeZone, frequency, quietHours, pausedUntil } = profile;
  return [
    ['frequency', frequency ? `at most ${writeFrequency(frequency)}` : '(default)'],
    ['quiet hours', quietHours ? writeQuietHours(quietHours) : '(default)'],
    ['time zone', timeZone ?? '(default)'],
    ...(pausedUntil === undefined
      ? []
      : ([['paused until', moment(pausedUntil)]] satisfies [string, string][])),
  ];
}

function section(out: Output, title: string, head: string[], rows: (string | number)[][]): void {
  out.say(`\n${pc.bold(pc.cyan(title))}`);
  if (rows.length === 0) out.say(pc.dim('none'));
  else out.table(head, rows);
}

/** What an event says; that two profiles were merged, as a sentence with all that was put aside. */
function eventText({ type, properties }: Dossier['timeline'][number]): string {
  if (type !== 'merged') return cell(propertiesText(properties));
  const { profile, email, by, why, attributes, preferences } = properties;
  const aside = { ...Object(attributes), ...Object(preferences) };
  const who = typeof email === 'string' ? ` (${readableEmail(email)})` : '';
  const kept = Object.keys(aside).length === 0 ? '' : `; put aside: ${propertiesText(aside)}`;
  return `profile ${profile}${who} became part of this one; ${why} (${by})${kept}`;
}

function propertiesText(properties: Readonly<Record<string, unknown>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ');
}

function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > CELL_MAX ? `${text.slice(0, CELL_MAX - 1)}…` : text;
}

const moment = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A dossier for machines: times as ISO 8601, preferences as they are written in files. */
export function dossierJson({ profile, suppression, summary, timeline, ...rest }: Dossier): unknown {
  const iso = (at: number) => new Date(at).toISOString();
  const timed = <T extends { at: number }>(one: T) => ({ ...one, at: iso(one.at) });
  return {
    id: profile.id,
    email: profile.email ?? null,
    externalIds: rest.externalIds,
    createdAt: iso(profile.createdAt),
    updatedAt: iso(profile.updatedAt),
    attributes: profile.attributes,
    preferences: {
      timeZone: profile.timeZone ?? null,
      frequency: profile.frequency ? writeFrequency(profile.frequency) : null,
      quietHours: profile.quietHours ? writeQuietHours(profile.quietHours) : null,
      pausedUntil: profile.pausedUntil === undefined ? null : iso(profile.pausedUntil),
    },
    suppression: suppression ? timed(suppression) : null,
    consents: rest.consents.map(timed),
    consentHistory: rest.consentHistory.map(timed),
    events: summary.map((one) => ({ ...one, first: iso(one.first), last: iso(one.last) })),
    timeline: timeline.map((event) => ({ ...timed(event), receivedAt: iso(event.receivedAt) })),
  };
}
