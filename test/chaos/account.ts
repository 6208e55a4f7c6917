import { asc, eq, sql } from 'drizzle-orm';
import { decisionSchema } from '../../src/campaigns/decision.ts';
import type { SinkReport } from './sink-protocol.ts';
import type { Site } from './site.ts';

/** One row of the ledger, as far as the account goes. */
interface SendRow {
  readonly id: number;
  readonly email: string;
  readonly state: string;
  readonly claimedAt: number | null;
  readonly unsubscribedAt: number | null;
  readonly decision: string | null;
}

/** What a scenario did that the account has to allow for. */
export interface Allowance {
  /** Profiles that withdrew, and when (ms) that was stored. */
  readonly withdrawn: ReadonlyMap<number, number>;
  /** Spans (ms) in which the run was paused. */
  readonly paused: readonly (readonly [number, number])[];
  /** Spans (ms) that begin when somebody was told that the run had stopped; the last letter may take a second more. */
  readonly stopped: readonly (readonly [number, number])[];
  /** Sends that a person had sent again: they may have a second copy. */
  readonly resent: ReadonlySet<number>;
  /** Sends that a person counted as accepted. */
  readonly believed: ReadonlySet<number>;
  /** Connections that stood when a server was stopped under all workers. */
  readonly interrupted: number;
}

export const nothingSpecial: Allowance = {
  withdrawn: new Map(),
  paused: [],
  stopped: [],
  resent: new Set(),
  believed: new Set(),
  interrupted: 0,
};

/** How long after a pause or a cancel letters may still begin to leave. */
const STOPS_WITHIN_MS = 1000;

/** A claim that PostgreSQL had begun when the run was paused may still be made; it is one statement. */
const CLAIM_ENDS_WITHIN_MS = 250;

/** How it came out, and everything that is wrong with it. */
export interface Account {
  readonly states: Readonly<Record<string, number>>;
  readonly copies: number;
  /** Letters that the sink left unanswered by its script, and connections that stood when a worker was killed. */
  readonly unanswered: number;
  readonly cut: number;
  readonly fates: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

/** Lays the ledger beside what the sink took. To be called when no worker lives. */
export async function settleAccounts(site: Site, allowance: Allowance): Promise<Account> {
  const { sends, profiles } = site.store.tables;
  const rows = await site.store.orm
    .select({
      id: sends.id,
      profileId: sends.profileId,
      email: sql<string>`${profiles.email}`,
      state: sends.state,
      claimedAt: sends.claimedAt,
      unsubscribedAt: sends.unsubscribedAt,
      decision: sends.decision,
    })
    .from(sends)
    .innerJoin(profiles, eq(profiles.id, sends.profileId))
    .where(eq(sends.runId, site.runId))
    .orderBy(asc(sends.id));
  const report = await site.sink.report();
  const wrong: string[] = [];
  const copiesOf = new Map<string, number>();
  for (const { send } of report.copies) copiesOf.set(send, (copiesOf.get(send) ?? 0) + 1);
  wrong.push(...misdirected(rows, report.copies, allowance));

  if (rows.length !== site.audience) wrong.push(`${rows.length} sends for an audience of ${site.audience}`);
  const unanswered = new Set(report.unanswered);
  const refused = new Set(report.refused);
  for (const row of rows) {
    const copies = copiesOf.get(String(row.id)) ?? 0;
    copiesOf.delete(String(row.id));
    const trouble = troubleWith(row, copies, refused, allowance);
    if (trouble !== undefined) wrong.push(`send ${row.id} to ${row.email} ${trouble}`);
  }
  for (const send of copiesOf.keys()) wrong.push(`the sink has a letter of send ${send}, which is not ours`);

  const cut = Object.values(report.cut).reduce((sum, count) => sum + count, 0) + allowance.interrupted;
  const puzzling = rows.filter((row) => row.state === 'unknown' && !unanswered.has(row.email));
  if (puzzling.length > cut) {
    const names = puzzling.map((row) => row.id).join(', ');
    wrong.push(`${puzzling.length} unknown sends (${names}) for ${cut} connections that were cut`);
  }
  const inHandMs = site.store.phrases.name === 'postgres' ? CLAIM_ENDS_WITHIN_MS : 0;
  for (const row of rows) wrong.push(...claimedTooLate(row, allowance, inHandMs));
  for (const [from, to] of allowance.stopped) {
    const late = report.begun.filter(({ at }) => at > from + STOPS_WITHIN_MS && at < to);
    if (late.length > 0) wrong.push(`${late.length} letters began more than a second after the stop`);
  }
  const states: Record<string, number> = {};
  for (const row of rows) states[row.state] = (states[row.state] ?? 0) + 1;
  return {
    states,
    copies: report.copies.length,
    unanswered: unanswered.size,
    cut,
    fates: report.fates,
    wrong,
  };
}

/** Letters that somebody else got, or that are not, octet for octet, what the ledger says that they were. */
function misdirected(
  rows: readonly SendRow[],
  copies: SinkReport['copies'],
  { resent }: Allowance,
): string[] {
  const bySend = new Map(rows.map((row) => [String(row.id), row]));
  return copies.flatMap(({ send, address, crc32 }) => {
    const row = bySend.get(send);
    if (row === undefined) return [];
    if (address !== row.email)
      return [`the letter of send ${send} went to ${address} instead of ${row.email}`];
    // Of a letter that was sent again the ledger keeps what was decided last.
    if (resent.has(row.id) || row.decision === null) return [];
    const { crc32: decided } = checked.parse(JSON.parse(row.decision));
    return decided === crc32 ? [] : [`the letter of send ${send} was not what was decided`];
  });
}

const checked = decisionSchema.pick({ crc32: true });

function troubleWith(
  row: SendRow,
  copies: number,
  refused: ReadonlySet<string>,
  { resent, believed }: Allowance,
): string | undefined {
  const again = resent.has(row.id);
  if (copies > (again ? 2 : 1)) return `was taken ${copies} times (${row.state})`;
  switch (row.state) {
    case 'accepted':
      // The scenario unsubscribes by the links of letters that may never arrive, and to Dear that is evidence that
      // an unknown one did.
      return copies > 0 || row.unsubscribedAt !== null || believed.has(row.id)
        ? undefined
        : 'is accepted, but the sink never took it';
    case 'unknown':
      return undefined;
    case 'failed':
      if (copies > (again ? 1 : 0)) return 'failed, but the sink took it';
      return refused.has(row.email) ? undefined : 'failed, but the sink never refused it';
    case 'skipped':
      return copies <= (again ? 1 : 0) ? undefined : 'was skipped, but the sink took it';
    default:
      return `is still ${row.state}, with ${copies} copies in the sink`;
  }
}

function claimedTooLate(
  row: SendRow & { readonly profileId: number },
  allowance: Allowance,
  inHandMs: number,
): string[] {
  const { claimedAt } = row;
  if (claimedAt === null) return [];
  const left = allowance.withdrawn.get(row.profileId);
  const stop = [...allowance.paused, ...allowance.stopped].find(
    ([from, to]) => claimedAt > from + inHandMs && claimedAt < to,
  );
  return [
    ...(left !== undefined && claimedAt > left
      ? [`send ${row.id} was claimed ${claimedAt - left} ms after its reader had unsubscribed`]
      : []),
    ...(stop === undefined
      ? []
      : [`send ${row.id} was claimed ${claimedAt - stop[0]} ms after the campaign had stopped`]),
  ];
}
