import { setTimeout as wait } from 'node:timers/promises';
import { openStates } from '../../src/campaigns/reasons.ts';
import { reportOf } from '../../src/campaigns/report.ts';
import type { Allowance } from './account.ts';
import type { Chance } from './chance.ts';
import type { FragileServer } from './servers.ts';
import type { DialogueStage } from './sink-protocol.ts';
import type { SinkScript } from './sink-script.ts';
import type { Site } from './site.ts';
import type { Worker, WorkerOptions } from './workers.ts';

/** Long enough for a busy machine, short enough for tests. */
export const LEASE_SECONDS = 2;

export type Form = 'short' | 'long';

/** What a scenario plays on. */
export interface Stage {
  readonly site: Site;
  readonly chance: Chance;
  readonly form: Form;
  /** The workers that this kind of installation runs. */
  readonly team: readonly WorkerOptions[];
  /** Own servers, where the installation has any. */
  readonly redis: FragileServer | undefined;
  readonly postgres: FragileServer | undefined;
  /** Says what is done, for the one line that is printed. */
  note(what: string): void;
}

export interface Scenario {
  readonly name: string;
  readonly letters: Readonly<Record<Form, number>>;
  readonly script: Omit<SinkScript, 'seed'>;
  /** Seconds of the sink's silence after which a worker gives a connection up. */
  readonly patience: number;
  /** Does it; ends when nothing more is to be done to the run, which then comes to its end. */
  play(stage: Stage): Promise<Partial<Allowance>>;
}

/**
 * Whether the run has come to its end: finished, or cancelled and with no letter on its way. While the database is
 * away it has not.
 * @throws when a worker ended that nobody had killed: there would be nothing left to wait for.
 */
export async function isFinished(site: Site): Promise<boolean> {
  if (site.crew.deaths.length > 0) throw new Error(site.crew.deaths.join('\n'));
  try {
    const run = await site.app.runs.byId(site.runId);
    if (run?.state !== 'cancelled') return run?.state === 'finished';
    const { states } = await reportOf(site.app.ledger, run);
    return openStates.every((state) => states[state] === 0);
  } catch {
    return false;
  }
}

/** Waits until so many letters were taken in all. False when the run ended before. */
export async function untilTaken(site: Site, count: number): Promise<boolean> {
  for (;;) {
    if ((await site.sink.report()).copies.length >= count) return true;
    if (await isFinished(site)) return false;
    await wait(20);
  }
}

/** Connections that are open to the sink now, of one client or of all. */
export async function openConnections(site: Site, name?: string): Promise<number> {
  const { open } = await site.sink.report();
  return name === undefined ? Object.values(open).reduce((sum, count) => sum + count, 0) : (open[name] ?? 0);
}

/** Waits until a client steps into an ambush (see sink.ts); undefined when the run ends before. */
export async function caught(site: Site, stage: DialogueStage, after: number): Promise<Worker | undefined> {
  const ambush = site.sink.ambush(stage, after);
  for (;;) {
    const name = await Promise.race([ambush, wait(200)]);
    if (name !== undefined) return site.crew.byName(name);
    if (await isFinished(site)) return undefined;
  }
}
