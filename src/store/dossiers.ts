import { type SQL, sql } from 'drizzle-orm';
import type { Dossier, DossierStore } from '../profiles/dossier.ts';
import { type ExternalId, FORMER_EMAIL, type Identifiers } from '../profiles/identity.ts';
import type { EventSummary, StoredEvent, Suppression } from '../profiles/port.ts';
import { defaultTraitSettings, type TraitSettings } from '../profiles/trait-settings.ts';
import { traitsFrom } from '../profiles/traits.ts';
import type { Phrases, Store } from './database.ts';
import { objectOf } from './json-column.ts';
import { type ProfileRow, profileOf, rowOf } from './profile-rows.ts';
import { type ConsentRow, consentOf } from './standing.ts';
import { figuresQuery } from './trait-sql.ts';
import { engagementFrom, engagementQuery, type FiguresRow, figures } from './traits.ts';

/** Queries are kept for those who are named by so few names, which are few kinds of asking. */
const MOST_NAMES = 3;

/** JSON comes as text from SQLite, and as what it holds from PostgreSQL. */
type Raw<T, Name extends keyof T> = Omit<T, Name> & { readonly [name in Name]: unknown };

type Parts = readonly [
  Raw<ProfileRow, 'attributes'>[],
  ExternalId[],
  Suppression[],
  ConsentRow[],
  ConsentRow[],
  EventSummary[],
  Raw<StoredEvent, 'properties'>[],
  FiguresRow[],
  Record<string, number | null>[],
];

/** Dossiers over everything that hangs on a profile. */
export function dossierStore(db: Store, settings: TraitSettings = defaultTraitSettings): DossierStore {
  const kept = new Map<string, SQL[]>();
  return {
    read: async (who, newest, now = Date.now()) => {
      const names = namesOf(who);
      if (names.length === 0) return undefined;
      const shape = names.map(([kind]) => kind).join(' ');
      const queries = kept.get(shape) ?? queriesOf(db.phrases, settings, whoseId(names));
      if (names.length <= MOST_NAMES) kept.set(shape, queries);
      const values = { ...valuesOf(names), newest, now, until: now + 1 };
      return dossierOf(await db.together<Parts>(queries, values), now, settings);
    },
  };
}

/** What is read of the profile with an id, `newest` of its events, with placeholders for all that differs. */
function queriesOf(phrases: Phrases, settings: TraitSettings, id: SQL): SQL[] {
  const { placeholder } = sql;
  return [
    profile(id),
    sql`SELECT source AS source, value AS value, created_at AS "createdAt" FROM external_ids
      WHERE profile_id = ${id} ORDER BY source, created_at, value`,
    sql`SELECT address AS address, reason AS reason, source AS source, at AS at FROM suppressions
      WHERE address = (SELECT email FROM profiles WHERE id = ${id})`,
    sql`SELECT ${consentColumns} FROM consents WHERE profile_id = ${id} ORDER BY topic`,
    sql`SELECT ${consentColumns} FROM consent_changes WHERE profile_id = ${id} ORDER BY at, id`,
    sql`SELECT type AS type, count(*) AS count, min(at) AS first, max(at) AS last FROM events
      WHERE profile_id = ${id} GROUP BY type ORDER BY type`,
    timeline(id),
    figuresQuery(phrases, settings, sql`e.profile_id = ${id}`, placeholder('until')),
    engagementQuery(phrases, sql`profile_id = ${id}`, placeholder('now')),
  ];
}

function dossierOf(parts: Parts, now: number, settings: TraitSettings): Dossier | undefined {
  const [[row], externalIds, [suppression], consents, history, summary, events, [ordered], [engaged]] = parts;
  if (row === undefined) return undefined;
  return {
    profile: profileOf(rowOf(row)),
    externalIds,
    suppression,
    consents: consents.map(consentOf),
    consentHistory: history.map(consentOf),
    summary,
    traits: traitsFrom(figures(ordered), engagementFrom(engaged), now, settings),
    timeline: events.map((event) => ({ ...event, properties: objectOf(event.properties) })),
  };
}

const consentColumns = sql`profile_id AS "profileId", topic AS topic, state AS state, at AS at, source AS source,
  wording AS wording, proof AS proof`;

const profile = (
  id: SQL,
) => sql`SELECT id AS id, email AS email, attributes AS attributes, time_zone AS "timeZone",
    frequency_max AS "frequencyMax", frequency_per AS "frequencyPer", quiet_from AS "quietFrom", quiet_to AS "quietTo",
    paused_until AS "pausedUntil", important_only AS "importantOnly", created_at AS "createdAt", updated_at AS "updatedAt"
  FROM profiles WHERE id = ${id}`;

/** The index by profile tells which are the newest; only of those the rows are read. */
const timeline = (id: SQL) => sql`
  SELECT id AS id, type AS type, at AS at, properties AS properties, received_at AS "receivedAt" FROM events
  WHERE id IN (SELECT id FROM events WHERE profile_id = ${id} ORDER BY at DESC, id DESC LIMIT ${sql.placeholder('newest')})
  ORDER BY at DESC, id DESC`;

/** A name that a profile goes by. */
type Name = readonly [kind: 'id' | 'email' | 'external', source: string, value: string | number];

function namesOf({ profileId, email, externalIds }: Identifiers): Name[] {
  const names: Name[] = [];
  if (profileId !== undefined) names.push(['id', '', profileId]);
  if (email !== undefined) names.push(['email', FORMER_EMAIL, email]);
  for (const { source, value } of externalIds) names.push(['external', source, value]);
  return names;
}

/** The id of the first profile that is named, as an expression that is NULL for nobody. */
function whoseId(names: readonly Name[]): SQL {
  const ways = names.flatMap(([kind], place) => {
    const value = sql.placeholder(`value${place}`);
    if (kind === 'id')
      return [sql`coalesce((SELECT survivor_id FROM merged_profiles WHERE id = ${value}), ${value})`];
    const external = sql`(SELECT profile_id FROM external_ids WHERE source = ${sql.placeholder(`source${place}`)} AND value = ${value})`;
    return kind === 'external'
      ? [external]
      : [sql`(SELECT id FROM profiles WHERE email = ${value})`, external];
  });
  const found = ways.map((way) => sql`(SELECT id FROM profiles WHERE id = ${way})`);
  return sql`coalesce(${sql.join([...found, sql`CAST(NULL AS bigint)`], sql`, `)})`;
}

/** What `whoseId` holds places for. */
function valuesOf(names: readonly Name[]): Record<string, string | number> {
  return Object.fromEntries(
    names.flatMap(([, source, value], place) => [
      [`source${place}`, source],
      [`value${place}`, value],
    ]),
  );
}
