import { type SQL, sql } from 'drizzle-orm';
import { FORMER_EMAIL } from '../profiles/identity.ts';
import type { Phrases, RowStatement } from './database.ts';

/*
 * What a merge writes, each statement for many merges at once. A profile is in one of the merges only; `v` has a row
 * (survivor, merged) for each.
 */

const pair = { survivor: 'bigint', merged: 'bigint' } as const;

const each = (body: (phrases: Phrases) => SQL): RowStatement => ({ columns: pair, body });

/** A column by which the merged profile's rows become the survivor's. */
const handOver = (table: string): RowStatement =>
  each(
    () => sql`UPDATE ${sql.identifier(table)} SET profile_id = v.survivor FROM v
      WHERE ${sql.identifier(table)}.profile_id = v.merged`,
  );

const forget = (table: string): RowStatement =>
  each(() => sql`DELETE FROM ${sql.identifier(table)} WHERE profile_id IN (SELECT v.merged FROM v)`);

/** Keeps the sends of both to this transaction, in the order of their ids like all who change many. */
export const lockSends = each(
  () => sql`SELECT s.id AS id FROM sends s
    WHERE s.profile_id IN (SELECT v.survivor FROM v UNION ALL SELECT v.merged FROM v) ORDER BY s.id FOR UPDATE`,
);

/** An event without a key that both have, because it came before and after its address changed hands, counts once. */
export const dropTwins = each(
  () => sql`DELETE FROM events WHERE digest IS NOT NULL AND profile_id IN (SELECT v.merged FROM v) AND EXISTS (
    SELECT 1 FROM v JOIN events o ON o.profile_id = v.survivor
    WHERE v.merged = events.profile_id AND o.type = events.type AND o.at = events.at AND o.digest = events.digest)`,
);

/** Both are read anew where events are about to move. */
export const markBoth = each(
  () => sql`INSERT INTO trait_marks (profile_id)
    SELECT v.survivor FROM v WHERE EXISTS (SELECT 1 FROM events e WHERE e.profile_id = v.merged)
    UNION ALL SELECT v.merged FROM v WHERE EXISTS (SELECT 1 FROM events e WHERE e.profile_id = v.merged)`,
);

/** Gives the survivor once an event. */
export const moveEvents = each(
  () => sql`UPDATE events SET profile_id = v.survivor FROM v WHERE events.profile_id = v.merged
    RETURNING events.profile_id AS survivor`,
);

/**
 * What else hangs on a profile's id. In which segments one of the two was at the last look, the survivor counts as a
 * member: that they entered is among the events that moved, and whether they left the next look tells.
 */
export const moveTheRest: readonly RowStatement[] = [
  handOver('consent_changes'),
  handOver('confirmations'),
  handOver('external_ids'),
  forget('traits'),
  // By the names of the segments, which lead the index; in one order, since a look may be writing there.
  each(
    () => sql`INSERT INTO segment_members (segment, profile_id)
      SELECT m.segment, v.survivor FROM v JOIN segment_members m ON m.profile_id = v.merged
      WHERE m.segment IN (SELECT name FROM segments) ORDER BY m.segment, v.survivor
      ON CONFLICT (segment, profile_id) DO NOTHING`,
  ),
  each(
    () => sql`DELETE FROM segment_members WHERE profile_id IN (SELECT v.merged FROM v)
      AND segment IN (SELECT name FROM segments)`,
  ),
];

/** How far a send went: it left or may have; it is to leave; it was refused; it was never to leave. */
const rank = (send: string) =>
  sql.raw(`CASE ${send}.state WHEN 'skipped' THEN 0 WHEN 'failed' THEN 1
  WHEN 'queued' THEN 2 WHEN 'deferred' THEN 2 ELSE 3 END`);

/** A letter that is written already is for the old address: it is leased and written again. */
const recalled =
  sql.raw(`lease_token = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE lease_token END,
  lease_until = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE lease_until END`);

const hasSend = (profile: SQL) =>
  sql`EXISTS (SELECT 1 FROM sends s WHERE s.run_id = sends.run_id AND s.profile_id = ${profile})`;

/**
 * The owner of a send in the middle of an exchange, for the unique key's sake. A send of somebody who was erased has
 * its own id, negative, for an owner: this lies beyond all of them.
 */
const parked = sql.raw(`-v.merged - ${2 ** 52}`);

/**
 * Where both have a send in the same run, the survivor keeps the one that went further: the owners are exchanged. The
 * other stays with the old id, so that the run's counts still add up, and is skipped if it was still to go. All other
 * sends move.
 */
export const exchangeSends: readonly RowStatement[] = [
  each(
    () => sql`UPDATE sends SET profile_id = ${parked} FROM v WHERE sends.profile_id = v.survivor AND EXISTS (
      SELECT 1 FROM sends m WHERE m.run_id = sends.run_id AND m.profile_id = v.merged AND ${rank('m')} > ${rank('sends')})`,
  ),
  each(
    () => sql`UPDATE sends SET profile_id = v.survivor, ${recalled} FROM v
      WHERE sends.profile_id = v.merged AND ${hasSend(parked)} RETURNING sends.profile_id AS survivor`,
  ),
  each(() => sql`UPDATE sends SET profile_id = v.merged FROM v WHERE sends.profile_id = ${parked}`),
  each(
    (phrases) => sql`UPDATE sends SET state = 'skipped', reason = 'merged',
        detail = 'letter of profile ' || CAST(v.survivor AS text), finished_at = ${phrases.now()},
        lease_token = NULL, lease_until = NULL
      FROM v WHERE sends.profile_id = v.merged AND sends.state IN ('queued', 'deferred') AND ${hasSend(sql`v.survivor`)}`,
  ),
  each(
    () => sql`UPDATE sends SET profile_id = v.survivor, ${recalled} FROM v
      WHERE sends.profile_id = v.merged AND NOT ${hasSend(sql`v.survivor`)} RETURNING sends.profile_id AS survivor`,
  ),
];

export const dropConsent: RowStatement = {
  columns: { profile_id: 'bigint', topic: 'text' },
  body: () => sql`DELETE FROM consents
    WHERE (profile_id, topic) IN (SELECT v.profile_id, v.topic FROM v)`,
};

export const giveConsent: RowStatement = {
  columns: { owner: 'bigint', topic: 'text', survivor: 'bigint', at: 'bigint' },
  body: () => sql`UPDATE consents SET profile_id = v.survivor, at = v.at FROM v
    WHERE consents.profile_id = v.owner AND consents.topic = v.topic`,
};

export const dropProfile = each(() => sql`DELETE FROM profiles WHERE id IN (SELECT v.merged FROM v)`);

export const writeSurvivor: RowStatement = {
  columns: {
    id: 'bigint',
    email: 'text',
    attributes: 'text',
    time_zone: 'text',
    frequency_max: 'bigint',
    frequency_per: 'text',
    quiet_from: 'bigint',
    quiet_to: 'bigint',
    paused_until: 'bigint',
    important_only: 'bigint',
    created_at: 'bigint',
    updated_at: 'bigint',
  },
  body: (phrases) => sql`UPDATE profiles SET email = v.email, attributes = ${phrases.json(sql`v.attributes`)},
      time_zone = v.time_zone, frequency_max = v.frequency_max, frequency_per = v.frequency_per,
      quiet_from = v.quiet_from, quiet_to = v.quiet_to, paused_until = v.paused_until,
      important_only = v.important_only, created_at = v.created_at, updated_at = v.updated_at
    FROM v WHERE profiles.id = v.id`,
};

/** The old address leads to the survivor. */
export const keepAddress: RowStatement = {
  columns: { address: 'text', profile_id: 'bigint', now: 'bigint' },
  body: () => sql`INSERT INTO external_ids (source, value, profile_id, created_at)
    SELECT ${sql.raw(`'${FORMER_EMAIL}'`)}, v.address, v.profile_id, v.now FROM v WHERE true
    ON CONFLICT (source, value) DO UPDATE SET profile_id = excluded.profile_id`,
};

export const suppress: RowStatement = {
  columns: { address: 'text', reason: 'text', source: 'text', at: 'bigint' },
  body: () => sql`INSERT INTO suppressions (address, reason, source, at)
    SELECT v.address, v.reason, v.source, v.at FROM v WHERE true ON CONFLICT (address) DO NOTHING`,
};

/** See `recallOpenSends`. */
export const recallSends: RowStatement = {
  columns: { profile_id: 'bigint' },
  body: (phrases) => sql`UPDATE sends SET lease_token = NULL, lease_until = NULL
    WHERE ${phrases.sendsInOrder(
      sql`profile_id IN (SELECT v.profile_id FROM v) AND state IN ('queued', 'deferred') AND lease_token IS NOT NULL`,
    )}`,
};

/** The old id leads to the survivor, and so do the ids that led to it. */
export const leadOn: readonly RowStatement[] = [
  each(
    () =>
      sql`UPDATE merged_profiles SET survivor_id = v.survivor FROM v WHERE merged_profiles.survivor_id = v.merged`,
  ),
];

export const keepId: RowStatement = {
  columns: { ...pair, now: 'bigint' },
  body: () =>
    sql`INSERT INTO merged_profiles (id, survivor_id, at) SELECT v.merged, v.survivor, v.now FROM v`,
};

/** What is known of profiles that are about to be one, by `v.id`. */
const byId = (body: SQL): RowStatement => ({ columns: { id: 'bigint' }, body: () => body });

export const readProfiles = byId(sql`SELECT p.id AS id, p.email AS email, p.attributes AS attributes,
    p.time_zone AS "timeZone", p.frequency_max AS "frequencyMax", p.frequency_per AS "frequencyPer",
    p.quiet_from AS "quietFrom", p.quiet_to AS "quietTo", p.paused_until AS "pausedUntil",
    p.important_only AS "importantOnly", p.created_at AS "createdAt", p.updated_at AS "updatedAt"
  FROM v JOIN profiles p ON p.id = v.id`);

export const readConsents =
  byId(sql`SELECT c.profile_id AS "profileId", c.topic AS topic, c.state AS state, c.at AS at
  FROM v JOIN consents c ON c.profile_id = v.id`);

export const readSuppressions =
  byId(sql`SELECT s.address AS address, s.reason AS reason, s.source AS source, s.at AS at
  FROM v JOIN profiles p ON p.id = v.id JOIN suppressions s ON s.address = p.email`);
