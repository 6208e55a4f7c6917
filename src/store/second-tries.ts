import { eq, sql } from 'drizzle-orm';
import type { FailedSend, NewText, RunStore } from '../campaigns/port.ts';
import { type RunPlan, runPlanSchema } from '../campaigns/run-plan.ts';
import { DearError } from '../errors.ts';
import type { Database, Store } from './database.ts';

/** So many sends are changed by one statement, so that none has a list without end. */
const AT_ONCE = 5000;
const SCANNED = 1000;

/** What a person decides on letters that were stopped, refused, or whose answer never came; on either database. */
export function secondTries(
  db: Store,
): Pick<RunStore, 'resume' | 'resumeWith' | 'resolveUnknown' | 'failed' | 'resend'> {
  return {
    resume: (runId) => goOn(db, runId),
    resumeWith: (runId, text) =>
      db.transaction(async (tx) => {
        if (!(await keep(tx, runId)) || !(await goOn(tx, runId))) return undefined;
        await takeText(tx, runId, text);
        return waitingOf(tx, runId);
      }),
    resolveUnknown: (runId, how) => resolveUnknown(db, runId, how),
    failed: (runId) => failed(db, runId),
    resend: (runId, ids, text) =>
      db.transaction(async (tx) => {
        if (!(await keep(tx, runId))) return undefined;
        const count = await queueFailed(tx, runId, ids);
        if (text !== undefined) await takeText(tx, runId, text);
        if (count > 0) await runAgain(tx, runId);
        return count;
      }),
  };
}

/** A run that was never planned, or whose planner holds it still, is not planned to its end. */
async function goOn(db: Database, runId: number): Promise<boolean> {
  const changed = await db.run(sql`UPDATE runs SET reason = NULL,
      state = CASE WHEN plan_token IS NOT NULL OR planned_to = 0 THEN 'planning' ELSE 'running' END
    WHERE id = ${runId} AND state = 'paused'`);
  return changed > 0;
}

/**
 * Keeps the run to this transaction, before any of its sends: so it is not finished meanwhile by somebody who has not
 * seen what is about to wait.
 * @returns false when none of its letters may leave any more
 */
async function keep(tx: Database, runId: number): Promise<boolean> {
  const kept = await tx.run(sql`UPDATE runs SET state = state
    WHERE id = ${runId} AND state <> 'cancelled' AND valid_until >= ${tx.phrases.now()}`);
  return kept > 0;
}

function runAgain(tx: Database, runId: number): Promise<number> {
  return tx.run(
    sql`UPDATE runs SET state = 'running', finished_at = NULL WHERE id = ${runId} AND state = 'finished'`,
  );
}

function resolveUnknown(db: Database, runId: number, how: 'accept' | 'resend'): Promise<number> {
  return db.transaction(async (tx) => {
    const now = tx.phrases.now();
    if (how === 'accept') {
      return tx.run(sql`UPDATE sends SET state = 'accepted', detail = 'a person decided that it arrived'
        WHERE ${tx.phrases.sendsInOrder(sql`run_id = ${runId} AND state = 'unknown'`)}`);
    }
    await keep(tx, runId);
    const count =
      await tx.run(sql`UPDATE sends SET state = 'queued', detail = 'a person decided to send it again',
      due_at = ${now}, claimed_at = NULL, finished_at = NULL, response = NULL, lease_token = NULL
      WHERE ${tx.phrases.sendsInOrder(sql`run_id = ${runId} AND state = 'unknown' AND profile_id > 0`)}`);
    if (count > 0) await runAgain(tx, runId);
    return count;
  });
}

/** The decision stays with the text that it was made from, until a claim writes both anew. */
async function queueFailed(tx: Database, runId: number, ids: readonly number[]): Promise<number> {
  let count = 0;
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = tx.phrases.numbers(ids.slice(start, start + AT_ONCE));
    count += await tx.run(sql`UPDATE sends SET state = 'queued', reason = NULL,
        detail = 'a person decided to send it again after: ' || coalesce(response, ''),
        due_at = ${tx.phrases.now()}, claimed_at = NULL, finished_at = NULL, response = NULL, response_code = NULL,
        lease_token = NULL, lease_until = NULL
      WHERE ${tx.phrases.sendsInOrder(sql`id IN ${some} AND run_id = ${runId} AND state = 'failed' AND profile_id > 0`)}`);
  }
  return count;
}

interface FailedRow {
  id: number;
  reason: string | null;
  code: number | null;
  response: string | null;
  obstacle: 'suppressed' | 'erased' | 'merged' | null;
}

async function* failed(db: Store, runId: number): AsyncGenerator<FailedSend[]> {
  const query = sql`SELECT s.id AS id, s.reason AS reason, s.response_code AS code, s.response AS response,
      CASE WHEN s.profile_id < 0 THEN 'erased' WHEN p.id IS NULL THEN 'merged'
        WHEN EXISTS (SELECT 1 FROM suppressions x WHERE x.address = p.email) THEN 'suppressed' END AS obstacle
    FROM sends s LEFT JOIN profiles p ON p.id = s.profile_id
    WHERE s.run_id = ${runId} AND s.state = 'failed' ORDER BY s.id`;
  for await (const rows of db.scan<FailedRow>(query, SCANNED)) {
    yield rows.map(({ id, reason, code, response, obstacle }) => ({
      id,
      reason: reason ?? undefined,
      code: code ?? undefined,
      response: response ?? '',
      obstacle: obstacle ?? undefined,
    }));
  }
}

/**
 * Gives a run that is kept another text, and takes what was leased away from whoever holds it: letters that they wrote
 * find no claim. A planner that holds the run loses it as well, since it looks for what letters lack.
 */
async function takeText(tx: Database, runId: number, text: NewText): Promise<void> {
  const { runs, letterSources } = tx.tables;
  const [row] = await tx.orm.select().from(runs).where(eq(runs.id, runId));
  const plan = runPlanSchema.parse(row?.plan);
  const isPlanned = row?.planToken === null && row.plannedTo !== 0;
  for (const { name } of plan.variants)
    if (!text.hashes.has(name)) await refuseGone(tx, runId, plan, name, isPlanned);
  for (const [hash, source] of text.sources) {
    const fresh = { hash, source, createdAt: tx.phrases.now() };
    await tx.orm.insert(letterSources).values(fresh).onConflictDoNothing();
  }
  const variants = plan.variants.map((variant) => ({
    ...variant,
    sourceHash: text.hashes.get(variant.name) ?? variant.sourceHash,
  }));
  const lost = isPlanned ? {} : { planToken: 'another text', planUntil: 0 };
  await tx.orm
    .update(runs)
    .set({ plan: { ...plan, variants, settings: text.settings }, ...lost })
    .where(eq(runs.id, runId));
  await tx.run(sql`UPDATE sends SET lease_token = NULL, lease_until = NULL
    WHERE ${tx.phrases.sendsInOrder(
      sql`run_id = ${runId} AND state IN ('queued', 'deferred') AND lease_token IS NOT NULL`,
    )}`);
}

/** @throws DearError when letters of a variant wait, or may yet be planned, that there is no text for */
async function refuseGone(
  tx: Database,
  runId: number,
  { campaign }: RunPlan,
  variant: string,
  isPlanned: boolean,
): Promise<void> {
  const count = await waitingOf(tx, runId, variant);
  if (count === 0 && isPlanned) return;
  const who = count === 0 ? 'Customers who are not planned yet may' : `${count} letters that wait`;
  throw new DearError(
    'campaign.variant-gone',
    `${who} have the variant '${variant}', which the campaign '${campaign}' does not have any more.`,
    {
      mend: `Put a variant of that name back into templates/campaigns/${campaign}/campaign.yaml; it may say something else.`,
    },
  );
}

/** One that is on its way may yet be put off, and counts while it is asked for a variant. */
async function waitingOf(tx: Database, runId: number, variant?: string): Promise<number> {
  const which =
    variant === undefined
      ? sql`state IN ('queued', 'deferred')`
      : sql`state IN ('queued', 'deferred', 'sending') AND variant = ${variant}`;
  const [row] = await tx.rows<{ count: number }>(
    sql`SELECT count(*) AS count FROM sends WHERE run_id = ${runId} AND ${which}`,
  );
  return row?.count ?? 0;
}
