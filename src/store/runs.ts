import { randomUUID } from 'node:crypto';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { NewRun, PlanHold, PlannedSend, Run, RunStore } from '../campaigns/port.ts';
import type { RunState } from '../campaigns/reasons.ts';
import { runPlanSchema } from '../campaigns/run-plan.ts';
import { DearError } from '../errors.ts';
import { clockOf } from './clock.ts';
import type { BulkInsert, Database, Store, Tables } from './database.ts';
import { secondTries } from './second-tries.ts';
import { takenSlots } from './slots.ts';

/** Runs and their planning, on either database. */
export function runStore(db: Store): RunStore {
  const { runs } = db.tables;
  const hold = (held: PlanHold) => and(eq(runs.id, held.run.id), eq(runs.planToken, held.token));
  return {
    create: (run) => create(db, run),
    byId: async (id) => toRun((await db.orm.select().from(runs).where(eq(runs.id, id)))[0]),
    newest: async (campaign) => {
      const query = db.orm
        .select()
        .from(runs)
        .where(eq(runs.campaign, campaign))
        .orderBy(desc(runs.id))
        .limit(1);
      return toRun((await query)[0]);
    },
    list: async () =>
      (await db.orm.select().from(runs).orderBy(desc(runs.id)).limit(200)).flatMap((row) => toRun(row) ?? []),
    takePlanning: (runId, holdMs) => takePlanning(db, runId, holdMs),
    planChunk: (held, profileIds, holdMs, decide) =>
      db.transaction(async (tx) => {
        const lock = tx.phrases.lockProfiles(profileIds);
        if (lock !== undefined) await tx.rows(lock);
        const plannedTo = Math.max(...profileIds);
        const kept =
          await tx.run(sql`UPDATE runs SET planned_to = ${plannedTo}, plan_until = ${tx.phrases.now()} + ${holdMs}
          WHERE id = ${held.run.id} AND plan_token = ${held.token} AND state = 'planning'`);
        if (kept === 0) return false;
        const taken = await takenSlots(tx, profileIds, held.run.plan.value);
        const now = await clockOf(tx);
        await insertSends(tx, held.run, decide(taken, now), now);
        return true;
      }),
    endPlanning: async (held) => {
      await db.orm
        .update(runs)
        .set({ state: 'running', planToken: null, planUntil: null })
        .where(and(hold(held), eq(runs.state, 'planning')));
    },
    releasePlanning: async (held) => {
      await db.orm.update(runs).set({ planUntil: 0 }).where(hold(held));
    },
    step: async (runId, from, to, reason) => {
      const rows = await db.orm
        .update(runs)
        .set({
          state: to,
          reason: reason ?? null,
          ...(to === 'cancelled' ? { finishedAt: db.phrases.now() } : {}),
        })
        .where(and(eq(runs.id, runId), inArray(runs.state, [...from])))
        .returning({ id: runs.id });
      return rows.length > 0;
    },
    skipOpen: (runId, reason) =>
      db.run(sql`UPDATE sends SET state = 'skipped', reason = ${reason}, lease_token = NULL, lease_until = NULL,
          finished_at = ${db.phrases.now()}
        WHERE ${db.phrases.sendsInOrder(sql`run_id = ${runId} AND state IN ('queued', 'deferred')`)}`),
    ...secondTries(db),
    source: async (hash) => {
      const { letterSources } = db.tables;
      const row = (await db.orm.select().from(letterSources).where(eq(letterSources.hash, hash)))[0];
      if (row === undefined)
        throw new DearError('content.source', `The letter source ${hash} is not in the ledger.`);
      return row.source;
    },
  };
}

function toRun(row: Tables['runs']['$inferSelect'] | undefined): Run | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.id,
    campaign: row.campaign,
    state: runState(row.state),
    reason: row.reason ?? undefined,
    plan: runPlanSchema.parse(row.plan),
    createdAt: row.createdAt,
    validUntil: row.validUntil,
    finishedAt: row.finishedAt ?? undefined,
  };
}

function runState(text: string): RunState {
  switch (text) {
    case 'planning':
    case 'running':
    case 'paused':
    case 'cancelled':
    case 'finished':
      return text;
    default:
      throw new DearError('store.corrupt', `A run has the state '${text}', which Dear does not know.`);
  }
}

function create(db: Database, run: NewRun): Promise<Run> {
  const { runs, letterSources } = db.tables;
  return db.transaction(async (tx) => {
    for (const [hash, source] of run.sources) {
      await tx.orm
        .insert(letterSources)
        .values({ hash, source, createdAt: run.createdAt })
        .onConflictDoNothing();
    }
    const [row] = await tx.orm
      .insert(runs)
      .values({
        campaign: run.plan.campaign,
        topic: run.plan.topic,
        state: 'planning',
        plan: run.plan,
        createdAt: run.createdAt,
        validUntil: run.validUntil,
        important: run.plan.important ? 1 : null,
        plannedTo: 0,
      })
      .returning();
    const created = toRun(row);
    if (created === undefined)
      throw new DearError('store.corrupt', 'A run that was just written is not there.');
    return created;
  });
}

async function takePlanning(db: Database, runId: number, holdMs: number): Promise<PlanHold | undefined> {
  const { runs } = db.tables;
  const token = randomUUID();
  const now = db.phrases.now();
  const [row] = await db.orm
    .update(runs)
    .set({ planToken: token, planUntil: sql`${now} + ${holdMs}` })
    .where(
      and(
        eq(runs.id, runId),
        eq(runs.state, 'planning'),
        sql`(${runs.planUntil} IS NULL OR ${runs.planUntil} < ${now})`,
      ),
    )
    .returning();
  const run = toRun(row);
  return run === undefined || row === undefined ? undefined : { run, token, plannedTo: row.plannedTo };
}

const sendRows: BulkInsert = {
  into: 'sends',
  columns: {
    run_id: 'int',
    profile_id: 'int',
    state: 'text',
    reason: 'text',
    detail: 'text',
    variant: 'text',
    source_hash: 'text',
    value: 'real',
    due_at: 'int',
    planned_at: 'int',
    finished_at: 'int',
    attempts: 'int',
  },
  tail: 'ON CONFLICT (run_id, profile_id) DO NOTHING',
};

async function insertSends(tx: Database, run: Run, planned: PlannedSend[], now: number): Promise<void> {
  await tx.insertMany(
    sendRows,
    planned.map((send) => [
      run.id,
      send.profileId,
      send.state,
      send.reason ?? null,
      send.detail ?? null,
      send.variant?.name ?? null,
      send.variant?.sourceHash ?? null,
      run.plan.value,
      send.dueAt,
      now,
      send.state === 'skipped' ? now : null,
      0,
    ]),
  );
}
