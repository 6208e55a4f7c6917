import { sql } from 'drizzle-orm';
import { customers, derived } from './customer-tables.ts';
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
