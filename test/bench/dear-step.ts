import { writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import type { Run } from '../../src/campaigns/port.ts';
import { openQueues } from '../../src/queue/open.ts';
import type { Queues } from '../../src/queue/port.ts';
import { everyQueue, startWorkers } from '../../src/roles.ts';
import { profiled, type StageShares } from './cpu-profile.ts';
import { openInstallation } from './installation.ts';
import type { DearResult } from './results.ts';
import { runStep, type StepOptions } from './steps.ts';

/** How long nothing may happen before the benchmark gives up. */
const STALLED_MS = 30_000;

/**
 * One worker process of Dear, on all queues. As the processes of the other contenders have loaded what they run before
 * their clock starts, it is up and waits when another process launches the campaign.
 */
await runStep(async (options, { ready, launched, arrived }): Promise<DearResult> => {
  const app = await openInstallation(options);
  const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
  const workers = await startWorkers(app, queues, everyQueue);
  await ready();
  const cpu = process.cpuUsage();
  const started = (await launched) - performance.timeOrigin;
  const run = await app.runOf('whole');
  const sent = await send({ app, queues, run, clock: { cpu, started } }, arrived);
  const peakRssMiB = process.resourceUsage().maxRSS / 1024;
  if (sent.letters !== options.letters) {
    throw new Error(`Dear sent ${sent.letters} letters, there should be ${options.letters}`);
  }
  const stages = options.profiled > 0 ? await stagesOf({ app, queues, options }) : undefined;
  await workers.close();
  await app.close();
  return { ...sent, peakRssMiB, ...(stages === undefined ? {} : { stages }) };
});

interface Sending {
  readonly app: App;
  readonly queues: Queues;
  readonly run: Run;
  readonly clock: Clock;
}

interface Clock {
  readonly cpu: NodeJS.CpuUsage;
  /** Of `performance.now()`. */
  readonly started: number;
}

/** From the launch to the last recorded answer. */
async function send({ app, queues, run, clock: { cpu, started } }: Sending, arrived: Promise<unknown>) {
  const since = () => (performance.now() - started) / 1000;
  await queues.add('plan', [{ payload: { runId: run.id } }]);
  while ((await app.runs.byId(run.id))?.state === 'planning') await wait(10);
  const plannedSeconds = since();
  await settled(app, run.id, arrived);
  const seconds = since();
  const { user, system } = process.cpuUsage(cpu);
  const counts = await app.ledger.counts(run.id);
  const accepted = counts.find(({ state }) => state === 'accepted')?.count ?? 0;
  return { letters: accepted, plannedSeconds, seconds, cpuMicroseconds: user + system };
}

/** Asking costs a little, so it is asked often only when there is reason to believe that it is over. */
async function settled(app: App, runId: number, arrived: Promise<unknown>): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  let movedAt = performance.now();
  for (;;) {
    const now = await app.ledger.unsettled(runId, Date.now());
    if (now === 0) return;
    if (now !== left) movedAt = performance.now();
    if (performance.now() - movedAt > STALLED_MS) throw new Error(`${now} letters do not leave`);
    left = now;
    await Promise.race([arrived, wait(500)]);
    await wait(5);
  }
}

interface Profiling {
  readonly app: App;
  readonly queues: Queues;
  readonly options: StepOptions;
}

/** Sends the campaign `part` under the profiler, when everything has been run in already. */
async function stagesOf({ app, queues, options }: Profiling): Promise<DearResult['stages']> {
  const never = new Promise<void>(() => undefined);
  const run = await app.launch('part', true);
  const { result, shares, profile } = await profiled(() =>
    send({ app, queues, run, clock: { cpu: process.cpuUsage(), started: performance.now() } }, never),
  );
  if (options.cpuProfile !== undefined) await writeFile(options.cpuProfile, JSON.stringify(profile));
  const { letters } = result;
  const total = result.cpuMicroseconds;
  const main = Object.values(shares).reduce((sum, micros) => sum + micros, 0);
  // What the process used beyond its main thread: the threads that write letters and that hold the database, and a little of the collector's.
  const all: StageShares = {
    ...shares,
    'threads: writing letters, and the database': Math.max(0, total - main),
  };
  const stages = Object.entries(all).map(([name, micros]) => [name, micros / letters] as const);
  return {
    letters,
    cpuMicroseconds: total / letters,
    stages: Object.fromEntries(stages.sort((a, b) => b[1] - a[1])),
  };
}
