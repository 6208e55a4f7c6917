import { sql } from 'drizzle-orm';
import type { Columns } from './sqlite-columns.ts';

type Json = Record<string, unknown>;

/** Profiles and what hangs on them: who they are, what happened, what they agreed to. */
export function customers(c: Columns) {
  const profiles = c.table(
    'profiles',
    {
      id: c.id(),
      email: c.text(),
      attributes: c.json<Json>().notNull(),
      timeZone: c.text(),
      frequencyMax: c.int(),
      frequencyPer: c.text(),
      quietFrom: c.int(),
      quietTo: c.int(),
      pausedUntil: c.time(),
      /** 1: letters of important campaigns only. */
      importantOnly: c.int(),
      createdAt: c.time().notNull(),
      updatedAt: c.time().notNull(),
    },
    (t) => [c.uniqueIndex('profiles_email').on(t.email)],
  );
  const events = c.table(
    'events',
    {
      id: c.id(),
      /** Given by whoever reports the event; an event without one is told from others by its digest. */
      key: c.text(),
      digest: c.int(),
      profileId: c.int().notNull(),
      type: c.text().notNull(),
      at: c.time().notNull(),
      properties: c.json<Json>().notNull(),
      receivedAt: c.time().notNull(),
    },
    (t) => [
      c.uniqueIndex('events_key').on(t.key).where(sql`key IS NOT NULL`),
      // The index that every big database needs anyway also keeps events without a key from counting twice.
      c.uniqueIndex('events_profile').on(t.profileId, t.type, t.at, t.digest),
      c.index('events_type').on(t.type, t.at, t.profileId),
    ],
  );
  const consents = c.table(
    'consents',
    {
      profileId: c.int().notNull(),
      topic: c.text().notNull(),
      state: c.text().notNull(),
      at: c.time().notNull(),
      source: c.text().notNull(),
      wording: c.text(),
      proof: c.text(),
    },
    (t) => [c.primaryKey({ columns: [t.profileId, t.topic] })],
  );
  const consentChanges = c.table(
    'consent_changes',
    {
      id: c.id(),
      profileId: c.int().notNull(),
      topic: c.text().notNull(),
      state: c.text().notNull(),
      at: c.time().notNull(),
      source: c.text().notNull(),
      wording: c.text(),
      proof: c.text(),
      /** What the source said, when that was still to come. */
      statedAt: c.time(),
    },
    (t) => [
      c.index('consent_changes_profile').on(t.profileId, t.at),
      c.index('consent_changes_ahead').on(t.profileId).where(sql`stated_at IS NOT NULL`),
    ],
  );
  const suppressions = c.table(
    'suppressions',
    {
      address: c.text().primaryKey(),
      reason: c.text().notNull(),
      source: c.text().notNull(),
      at: c.time().notNull(),
    },
    (t) => [c.index('suppressions_reason').on(t.reason)],
  );
  return { profiles, events, consents, consentChanges, suppressions, ...identities(c), ...signUps(c) };
}

/**
 * The source `email` holds addresses that a profile had before; `claimed` is 1 for ids that only somebody who may be
 * anybody gave (rule 7 of `IdentityStore`); `merged_profiles` tells where an old id went.
 */
function identities(c: Columns) {
  const externalIds = c.table(
    'external_ids',
    {
      source: c.text().notNull(),
      value: c.text().notNull(),
      profileId: c.int().notNull(),
      createdAt: c.time().notNull(),
      claimed: c.int(),
    },
    (t) => [c.primaryKey({ columns: [t.source, t.value] }), c.index('external_ids_profile').on(t.profileId)],
  );
  const mergedProfiles = c.table(
    'merged_profiles',
    {
      id: c.int().primaryKey(),
      survivorId: c.int().notNull(),
      at: c.time().notNull(),
      settledAt: c.time(),
    },
    (t) => [
      c.index('merged_profiles_survivor').on(t.survivorId),
      c.index('merged_profiles_settled').on(t.settledAt, t.at),
    ],
  );
  return { externalIds, mergedProfiles };
}

/** What is computed from events, and can be made anew. */
export function derived(c: Columns) {
  const traits = c.table(
    'traits',
    {
      profileId: c.int().primaryKey(),
      orders: c.int().notNull(),
      orderTotal: c.int().notNull(),
      firstOrderAt: c.time(),
      lastOrderAt: c.time(),
      firstLineAt: c.time(),
      lastLineAt: c.time(),
      latestAt: c.time().notNull(),
    },
    (t) => [c.index('traits_latest').on(t.latestAt)],
  );
  const traitMarks = c.table('trait_marks', { id: c.id(), profileId: c.int().notNull() });
  const traitState = c.table('trait_state', {
    name: c.text().primaryKey(),
    definition: c.text().notNull(),
    builtTo: c.int().notNull(),
  });
  const segmentMembers = c.table(
    'segment_members',
    { segment: c.text().notNull(), profileId: c.int().notNull() },
    (t) => [c.primaryKey({ columns: [t.segment, t.profileId] })],
  );
  return { traits, traitMarks, traitState, segmentMembers };
}

/** Requests to confirm a sign-up: a ledger of its own for letters that no campaign sends. */
function signUps(c: Columns) {
  const confirmations = c.table(
    'confirmations',
    {
      id: c.id(),
      profileId: c.int().notNull(),
      topics: c.json<string[]>().notNull(),
      source: c.text().notNull(),
      proof: c.text(),
      language: c.text(),
      state: c.text().notNull(),
      requestedAt: c.time().notNull(),
      expiresAt: c.time().notNull(),
      dueAt: c.time().notNull(),
      attempts: c.int().notNull(),
      leaseUntil: c.time(),
      claimedAt: c.time(),
      finishedAt: c.time(),
      response: c.text(),
      answer: c.text(),
      answeredAt: c.time(),
    },
    (t) => [
      c.index('confirmations_due').on(t.state, t.dueAt),
      c.index('confirmations_profile').on(t.profileId, t.requestedAt),
      c.index('confirmations_expiry').on(t.answer, t.expiresAt),
    ],
  );
  return { confirmations };
}
