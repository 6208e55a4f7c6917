import type { LedgerReader, Run } from './port.ts';
import { type SendState, skipReasons } from './reasons.ts';
import { type Rate, wilson } from './wilson.ts';

/** What came of one variant; rates are of its accepted letters. */
export interface VariantReport {
  readonly variant: string;
  readonly planned: number;
  readonly accepted: number;
  readonly opened: Rate;
  readonly clicked: Rate;
  readonly replied: Rate;
  readonly unsubscribed: Rate;
}

/** What came of a run. The states add up to the audience. */
export interface Report {
  readonly campaign: string;
  readonly run: number;
  readonly state: Run['state'];
  readonly launchedAt: string;
  readonly audience: number;
  readonly states: Readonly<Record<SendState, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly variants: readonly VariantReport[];
}

/** Counts a run's sends and what readers did with them; each reader counts once a letter. */
export async function reportOf(ledger: LedgerReader, run: Run): Promise<Report> {
  const counts = await ledger.counts(run.id);
  const states = { queued: 0, sending: 0, accepted: 0, deferred: 0, failed: 0, skipped: 0, unknown: 0 };
  for (const { state, count } of counts) states[state] += count;
  const known = Object.fromEntries(skipReasons.map((reason) => [reason, 0]));
  return {
    campaign: run.campaign,
    run: run.id,
    state: run.state,
    launchedAt: new Date(run.createdAt).toISOString(),
    audience: Object.values(states).reduce((sum, count) => sum + count, 0),
    states,
    skipped: { ...known, ...byReason(counts, 'skipped') },
    failed: byReason(counts, 'failed'),
    variants: (await ledger.variants(run.id)).map((row) => ({
      variant: row.variant,
      planned: row.planned,
      accepted: row.accepted,
      opened: wilson(row.opened, row.accepted),
      clicked: wilson(row.clicked, row.accepted),
      replied: wilson(row.replied, row.accepted),
      unsubscribed: wilson(row.unsubscribed, row.accepted),
    })),
  };
}

function byReason(
  counts: Awaited<ReturnType<LedgerReader['counts']>>,
  state: SendState,
): Record<string, number> {
  return Object.fromEntries(
    counts.filter((row) => row.state === state).map((row) => [row.reason ?? 'no reason', row.count]),
  );
}
