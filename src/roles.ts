import type { App } from './app.ts';
import { planRun } from './campaigns/planner.ts';
import { sweep, wakePlanners, wakeSenders } from './delivery/sweep.ts';
import { messageOf } from './errors.ts';
import { beFrugal } from './frugal.ts';
import { listenHttp, makeHttp } from './http/server.ts';
import { openInbox } from './inbox/listener.ts';
import { makeUpkeep } from './profiles/upkeep.ts';
import type { QueueName, Queues } from './queue/port.ts';
import { openScriptorium } from './scriptorium-link.ts';
import { startSending } from './sending.ts';
import { makeWaker } from './tracking/waker.ts';

/** Percent: a worker that sends a million letters stays below 300 MB. */
const HEAP_GROWS_BY = 50;
const SWEEP_MS = 1000;
const RESCHEDULE_MS = 5000;
/** Arrivals must not wait long for a history that is being folded; the sweeper asks again. */
const FOLD_TRAITS_MS = 2000;
/** Longer than any transaction that may still write under the id of a profile that was merged meanwhile. */
const MERGE_SETTLES_MS = 60_000;
/** The key of the notice that a living worker keeps fresh. */
export const WORKER_NOTICE = 'worker';

/** A part of a process that runs until it is closed. */
export interface Role {
  close(): Promise<void>;
}

/** Which queues a process works on; all of them when it is not said. */
export const everyQueue: readonly QueueName[] = ['plan', 'send', 'record', 'sweep', 'follow'];

/**
 * Works on the given queues in this process. Closing takes no new jobs, lets letters in flight finish and stores
 * what came of them. When it cannot start, the queues are closed and nothing of it runs.
 */
export async function startWorkers(app: App, queues: Queues, names: readonly QueueName[]): Promise<Role> {
  beFrugal(HEAP_GROWS_BY);
  const closers: Closers = [];
  const closeAll = async () => {
    // What began last needs what began before it.
    for (const close of closers.toReversed()) await close();
  };
  try {
    await startParts(app, queues, names, closers);
  } catch (error) {
    // What has begun already would keep the process alive, doing nothing.
    await queues.close();
    await closeAll().catch(() => undefined);
    throw error;
  }
  return {
    close: async () => {
      await queues.close();
      await closeAll();
    },
  };
}

type Closers = Array<() => Promise<void>>;

async function startParts(
  app: App,
  queues: Queues,
  names: readonly QueueName[],
  closers: Closers,
): Promise<void> {
  const scriptorium = names.includes('send') ? openScriptorium(app) : undefined;
  if (scriptorium !== undefined) closers.push(() => scriptorium.close());
  if (names.includes('plan')) {
    const planner = { ...app.planner, ...(scriptorium && { survey: scriptorium.survey }) };
    await queues.process('plan', async ({ runId }, signal) => {
      const wake = () => queues.add('send', [{ payload: { runId }, key: `send-${runId}-0` }]);
      let woken: Promise<void> | undefined;
      // The first letters leave while the rest of the audience is planned.
      const onChunk = () => {
        woken ??= wake().catch(() => undefined);
      };
      const { complete } = await planRun(planner, runId, { signal, onChunk });
      await woken;
      if (complete) await wake();
    });
  }
  if (scriptorium !== undefined) closers.push(await startSending(app, queues, scriptorium));
  if (names.includes('record')) {
    await queues.process('record', async (_payload, signal) => {
      await app.fold(signal);
      await app.traits.fold({ signal, budgetMs: FOLD_TRAITS_MS });
    });
  }
  if (names.includes('follow')) {
    await queues.process('follow', async (_payload, signal) => {
      await app.follow(signal);
    });
  }
  if (names.includes('sweep')) await startSweeping(app, queues, closers);
  else await lookAround(app, queues, names, closers);
}

async function startSweeping(app: App, queues: Queues, closers: Closers): Promise<void> {
  const upkeep = makeUpkeep({
    ...app,
    failed: (error) => app.log.warn({ error: messageOf(error) }, 'the upkeep of stored data failed'),
  });
  closers.push(upkeep.close);
  const sweeping = async () => {
    await sweepOnce(app, queues);
    upkeep.tick();
  };
  await queues.schedule('sweep', SWEEP_MS);
  await queues.process('sweep', sweeping);
  await sweeping();
  // The schedule lives in the queue, which may lose it like any job.
  const again = () => void queues.schedule('sweep', SWEEP_MS).catch(() => undefined);
  const renewal = setInterval(again, RESCHEDULE_MS);
  closers.push(async () => clearInterval(renewal));
}

/** Where nobody sweeps: an embedded queue is this process's own, and no other asks for it. */
async function lookAround(
  app: App,
  queues: Queues,
  names: readonly QueueName[],
  closers: Closers,
): Promise<void> {
  const waking = { ledger: app.sweeping, queues };
  const looks: readonly [QueueName, string, () => Promise<void>][] = [
    ['plan', 'which runs are to be planned', () => wakePlanners(waking)],
    ['send', 'which letters are due', () => wakeSenders(waking)],
    ['record', 'what is to be recorded', () => askToRecord(app, queues)],
    ['follow', 'which segments are to be followed', () => askToFollow(app, queues)],
  ];
  for (const [name, what, ask] of looks) {
    if (names.includes(name)) closers.push(await lookFor(what, app, ask));
  }
}

async function lookFor(what: string, app: App, ask: () => Promise<void>): Promise<() => Promise<void>> {
  const look = () =>
    ask().catch((error: unknown) =>
      app.log.warn({ error: messageOf(error) }, `it could not be seen ${what}`),
    );
  await look();
  const looking = setInterval(() => void look(), RESCHEDULE_MS);
  return async () => clearInterval(looking);
}

const waitingToBeRecorded = async (app: App) =>
  (await app.arrivals.count()) + Number(await app.traits.waits());

async function askToRecord(app: App, queues: Queues): Promise<void> {
  if ((await waitingToBeRecorded(app)) > 0) await queues.add('record', [{ payload: {}, key: 'record' }]);
}

async function askToFollow(app: App, queues: Queues): Promise<void> {
  if (await app.followed.due(Date.now(), app.config.followMs)) {
    await queues.add('follow', [{ payload: {}, key: 'follow' }]);
  }
}

async function sweepOnce(app: App, queues: Queues): Promise<void> {
  await sweep({
    ledger: app.sweeping,
    arrivals: () => waitingToBeRecorded(app),
    queues,
  });
  await app.identities.settleMerges(Date.now() - MERGE_SETTLES_MS, Date.now());
  await askToFollow(app, queues);
  await app.notices.set(WORKER_NOTICE, `a worker of process ${process.pid} is running`);
}

/** The public endpoints and the inbox, with the ports that they listen on. */
export interface Faces extends Role {
  readonly httpPort: number;
  readonly inboundPort: number;
}

/**
 * Listens for readers (HTTP) and replies (SMTP).
 * @throws DearError when a port is in use; then nothing listens.
 */
export async function startFaces(app: App, queues: Queues): Promise<Faces> {
  const failed = (error: unknown) => app.log.debug({ error: messageOf(error) }, 'a wake-up was lost');
  const waker = makeWaker(() => queues.add('record', [{ payload: {}, key: 'record' }]), failed);
  const shared = { arrivals: app.arrivals, wake: waker.wake, log: app.log };
  const { config } = app;
  const http = makeHttp(
    {
      ...shared,
      tokens: app.tokens,
      readers: app.readers,
      people: app.people,
      defaultFrequency: config.defaultFrequency,
      timeZone: config.timeZone,
      languages: config.languages,
      topics: app.topics,
      privacy: app.privacy,
      signUp: app.signUp,
      confirmations: app.confirmations,
      confirmTokens: app.confirmTokens,
      prove: app.prove,
    },
    { ...app, publicUrl: config.publicUrl, eventNames: config.eventNames },
  );
  const httpPort = await listenHttp(http, { host: config.httpHost, port: config.httpPort });
  const at = { host: config.inboundHost, port: config.inboundPort, domain: config.replyDomain };
  const inbox = await openInbox({ ...shared, ...at }).catch(async (error: unknown) => {
    await http.close();
    throw error;
  });
  return {
    httpPort,
    inboundPort: inbox.port,
    close: async () => {
      await Promise.all([http.close(), inbox.close()]);
      waker.close();
    },
  };
}
