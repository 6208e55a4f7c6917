import { type SQL, sql } from 'drizzle-orm';
import type { Dossier, DossierStore } from '../profiles/dossier.ts';
import { type ExternalId, FORMER_EMAIL, type Identifiers } from '../profiles/identity.ts';
import type { EventSummary, StoredEvent, Suppression } from '../profiles/port.ts';
import { defaultTraitSettings, type TraitSettings } from '../profiles/trait-settings.ts';
import { traitsFrom } from '../profiles/traits.ts';
import type { Store } from './database.ts';
import { objectOf } from './json-column.ts';
import { type ProfileRow, profileOf, rowOf } from './profile-rows.ts';
import { type ConsentRow, consentOf } from './standing.ts';
import { figuresQuery } from './trait-sql.ts';
import { engagementFrom, engagementQuery, type FiguresRow, figures } from './traits.ts';

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
  return {
    read: async (who, newest, now = Date.now()) => {
      const id = idOf(who);
      if (id === undefined) return undefined;
      const parts = await db.together<Parts>([
        profile(id),
        sql`SELECT source AS source, value AS value, created_at AS "createdAt" FROM external_ids
          WHERE profile_id = ${id} ORDER BY source, created_at, value`,
        sql`SELECT address AS address, reason AS reason, source AS source, at AS at FROM suppressions
          WHERE address = (SELECT email FROM profiles WHERE id = ${id})`,
        sql`SELECT ${consentColumns} FROM consents WHERE profile_id = ${id} ORDER BY topic`,
        sql`SELECT ${consentColumns} FROM consent_changes WHERE profile_id = ${id} ORDER BY at, id`,
        sql`SELECT type AS type, count(*) AS count, min(at) AS first, max(at) AS last FROM events
          WHERE profile_id = ${id} GROUP BY type ORDER BY type`,
        timeline(id, newest),
        figuresQuery(db.phrases, settings, sql`e.profile_id = ${id}`, now + 1),
        engagementQuery(db.phrases, sql`profile_id = ${id}`, now),
      ]);
      return dossierOf(parts, now, settings);
    },
  };
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
const timeline = (id: SQL, newest: number) => sql`
  SELECT id AS id, type AS type, at AS at, properties AS properties, received_at AS "receivedAt" FROM events
  WHERE id IN (SELECT id FROM events WHERE profile_id = ${id} ORDER BY at DESC, id DESC LIMIT ${newest})
  ORDER BY at DESC, id DESC`;

/** The id of the first profile that is named, as an expression that is NULL for nobody; undefined when nobody is named. */
function idOf({ profileId, email, externalIds }: Identifiers): SQL | undefined {
  const ways = [
    ...(profileId === undefined
      ? []
      : [sql`coalesce((SELECT survivor_id FROM merged_profiles WHERE id = ${profileId}), ${profileId})`]),
    ...(email === undefined
      ? []
      : [
          sql`(SELECT id FROM profiles WHERE email = ${email})`,
          externalId({ source: FORMER_EMAIL, value: email }),
        ]),
    ...externalIds.map(externalId),
  ];
  if (ways.length === 0) return undefined;
  const found = ways.map((way) => sql`(SELECT id FROM profiles WHERE id = ${way})`);
  return sql`coalesce(${sql.join([...found, sql`CAST(NULL AS bigint)`], sql`, `)})`;
}

const externalId = ({ source, value }: ExternalId) =>
  sql`(SELECT profile_id FROM external_ids WHERE source = ${source} AND value = ${value})`;
