import { sql } from 'drizzle-orm';
import type { Columns } from './sqlite-columns.ts';

type Json = Record<string, unknown>;

/**
 * The one schema body. Called once with the columns of SQLite and once with those of PostgreSQL.
 * Times are milliseconds since 1970 UTC; durations are milliseconds; minutes of the day count from midnight.
 */
export function defineTables(c: Columns) {
  return {
    ...customers(c),
    ...derived(c),
    ...campaigns(c),
    ...ledger(c),
    ...outside(c),
    ...upkeep(c),
    ...access(c),
  };
}

function customers(c: Columns) {
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
    },
    (t) => [c.index('consent_changes_profile').on(t.profileId, t.at)],
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

/** The source `email` holds addresses that a profile had before; `merged_profiles` tells where an old id went. */
function identities(c: Columns) {
  const externalIds = c.table(
    'external_ids',
    {
      source: c.text().notNull(),
      value: c.text().notNull(),
      profileId: c.int().notNull(),
      createdAt: c.time().notNull(),
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

function derived(c: Columns) {
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

function campaigns(c: Columns) {
  const segments = c.table('segments', {
    name: c.text().primaryKey(),
    about: c.text(),
    rule: c.json<unknown>().notNull(),
    updatedAt: c.time().notNull(),
    follow: c.int().notNull().default(0),
    followedRule: c.text(),
    followedAt: c.time(),
    followLease: c.text(),
    followUntil: c.time(),
  });
  const runs = c.table(
    'runs',
    {
      id: c.id(),
      campaign: c.text().notNull(),
      topic: c.text().notNull(),
      state: c.text().notNull(),
      reason: c.text(),
      plan: c.json<unknown>().notNull(),
      createdAt: c.time().notNull(),
      validUntil: c.time().notNull(),
      /** 1: reaches those too who want important letters only. */
      important: c.int(),
      finishedAt: c.time(),
      plannedTo: c.int().notNull(),
      planToken: c.text(),
      planUntil: c.time(),
    },
    (t) => [c.index('runs_campaign').on(t.campaign, t.id), c.index('runs_state').on(t.state)],
  );
  const letterSources = c.table('letter_sources', {
    hash: c.text().primaryKey(),
    source: c.json<unknown>().notNull(),
    createdAt: c.time().notNull(),
  });
  return { segments, runs, letterSources };
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

function ledger(c: Columns) {
  const sends = c.table(
    'sends',
    {
      id: c.id(),
      runId: c.int().notNull(),
      profileId: c.int().notNull(),
      state: c.text().notNull(),
      reason: c.text(),
      detail: c.text(),
      variant: c.text(),
      sourceHash: c.text(),
      value: c.real().notNull(),
      dueAt: c.time().notNull(),
      plannedAt: c.time().notNull(),
      leaseToken: c.text(),
      leaseUntil: c.time(),
      attempts: c.int().notNull(),
      decision: c.text(),
      claimedAt: c.time(),
      finishedAt: c.time(),
      responseCode: c.int(),
      response: c.text(),
      openedAt: c.time(),
      clickedAt: c.time(),
      repliedAt: c.time(),
      unsubscribedAt: c.time(),
    },
    (t) => [
      c.uniqueIndex('sends_run_profile').on(t.runId, t.profileId),
      c.index('sends_due').on(t.runId, t.state, t.dueAt),
      c.index('sends_profile').on(t.profileId, t.claimedAt),
    ],
  );
  const rates = c.table(
    'rates',
    {
      key: c.text().primaryKey(),
      tat: c.real().notNull(),
      used: c.int().notNull(),
      pace: c.real(),
      pausedUntil: c.time().notNull(),
      strikes: c.int().notNull(),
      pacedAt: c.time().notNull(),
      /** JSON: who may have how many letters in flight; NULL for nobody. */
      holds: c.text(),
    },
    (t) => [c.index('rates_paced').on(t.pacedAt)],
  );
  return { sends, rates };
}

function outside(c: Columns) {
  const arrivals = c.table(
    'arrivals',
    {
      id: c.id(),
      kind: c.text().notNull(),
      state: c.text().notNull(),
      at: c.time().notNull(),
      facts: c.json<Json>().notNull(),
      raw: c.bytes(),
      note: c.text(),
      sendId: c.int(),
    },
    (t) => [c.index('arrivals_state').on(t.state, t.id), c.index('arrivals_send').on(t.sendId)],
  );
  const notices = c.table('notices', {
    key: c.text().primaryKey(),
    text: c.text().notNull(),
    since: c.time().notNull(),
    at: c.time().notNull(),
  });
  return { arrivals, notices };
}

/** Who did what with customers' data, and when each recurring chore was last begun. */
function upkeep(c: Columns) {
  const audit = c.table(
    'audit',
    {
      id: c.id(),
      at: c.time().notNull(),
      actor: c.text().notNull(),
      action: c.text().notNull(),
      subject: c.text().notNull(),
      detail: c.json<Json>(),
    },
    (t) => [c.index('audit_subject').on(t.subject, t.id), c.index('audit_action').on(t.action, t.at)],
  );
  const chores = c.table('chores', { name: c.text().primaryKey(), at: c.time().notNull() });
  return { audit, chores };
}

function access(c: Columns) {
  const apiKeys = c.table(
    'api_keys',
    {
      id: c.text().primaryKey(),
      name: c.text().notNull(),
      scopes: c.text().notNull(),
      hash: c.text().notNull(),
      createdAt: c.time().notNull(),
      usedAt: c.time(),
      revokedAt: c.time(),
      stored: c.int().notNull(),
      refused: c.int().notNull(),
      lastRefusal: c.text(),
    },
    // A name is free again once its key was revoked.
    (t) => [c.uniqueIndex('api_keys_name').on(t.name).where(sql`revoked_at IS NULL`)],
  );
  return { apiKeys };
}
