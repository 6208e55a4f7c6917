import { setMaxListeners } from 'node:events';
import type { App } from './app.ts';
import { planRun } from './campaigns/planner.ts';
import { sendingStates } from './campaigns/reasons.ts';
import { makeGate } from './delivery/gate.ts';
import { permitCells } from './delivery/permit-cells.ts';
import type { Permits } from './delivery/permits.ts';
import { RefusalCount } from './delivery/refusals.ts';
import { Seats } from './delivery/seats.ts';
import { BATCH_SIZE, type SendJobDeps, sendJob } from './delivery/send-job.ts';
import { parseServers, serverNames } from './delivery/server-list.ts';
import { transportOver } from './delivery/server-pool.ts';
import { sharedServer } from './delivery/shared-server.ts';
import { smtpTransport } from './delivery/smtp-transport.ts';
import { sweep } from './delivery/sweep.ts';
import { makeThrottle, type Throttle } from './delivery/throttle.ts';
import type { Transport } from './delivery/transport.ts';
import { messageOf } from './errors.ts';
import { listenHttp, makeHttp } from './http/server.ts';
import { openInbox } from './inbox/listener.ts';
import { makeUpkeep } from './profiles/upkeep.ts';
import type { QueueName, Queues } from './queue/port.ts';
import { openScriptorium } from './scriptorium-link.ts';
import { sendConfirmations } from './sign-up/send.ts';
import { makeWaker } from './tracking/waker.ts';

const SWEEP_MS = 1000;
const RESCHEDULE_MS = 5000;
/** Arrivals must not wait long for a history that is being folded; the sweeper asks again. */
const FOLD_TRAITS_MS = 2000;
const SEND_JOBS_AT_ONCE = 3;
const CONFIRM_MS = 1000;
/** The key of the notice that says why nothing leaves. */
export const SERVER_NOTICE = 'smtp';
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
 * what came of them.
 */
export async function startWorkers(app: App, queues: Queues, names: readonly QueueName[]): Promise<Role> {
  const closers: Array<() => Promise<void>> = [];
  if (names.includes('plan')) {
    await queues.process('plan', async ({ runId }, signal) => {
      const wake = () => queues.add('send', [{ payload: { runId }, key: `send-${runId}-0` }]);
      let woken: Promise<void> | undefined;
      // The first letters leave while the rest of the audience is planned.
      const onChunk = () => {
        woken ??= wake().catch(() => undefined);
      };
      const { complete } = await planRun(app.planner, runId, { signal, onChunk });
      await woken;
      if (complete) await wake();
    });
  }
  if (names.includes('send')) closers.push(await startSending(app, queues));
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
  if (names.includes('sweep')) {
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
  return {
    close: async () => {
      await queues.close();
      for (const close of closers) await close();
    },
  };
}

async function sweepOnce(app: App, queues: Queues): Promise<void> {
  await sweep({
    ledger: app.sweeping,
    arrivals: async () => (await app.arrivals.count()) + Number(await app.traits.waits()),
    queues,
  });
  await app.identities.settleMerges(Date.now() - MERGE_SETTLES_MS, Date.now());
  if (await app.followed.due(Date.now(), app.config.followMs)) {
    await queues.add('follow', [{ payload: {}, key: 'follow' }]);
  }
  await app.notices.set(WORKER_NOTICE, `a worker of process ${process.pid} is running`);
}

async function startSending(app: App, queues: Queues): Promise<() => Promise<void>> {
  const servers = parseServers(app.config.smtpUrl, app.config.smtpConnections);
  const permits = permitsOf(app, queues);
  const seats = new Seats({ permits, failed: (error) => notShared(app, error) });
  const transport = transportOver(
    servers.map(({ settings, weight, total, name }) => {
      const own = smtpTransport(settings);
      return { weight, transport: total === undefined ? own : sharedServer(own, { name, total, seats }) };
    }),
  );
  const sending = makeSending(app, transport, throttleOf(app, permits, seats));
  await queues.process(
    'send',
    async ({ runId }, signal) => {
      setMaxListeners(0, signal); // One for each connection that is waited for.
      const result = await sendJob(sending.deps, runId, signal);
      await tellOfServer(app, result.serverDown, result.claimed);
      const more = result.leased === BATCH_SIZE && result.serverDown === undefined && !signal.aborted;
      if (more) await queues.add('send', [{ payload: { runId } }]);
    },
    { concurrency: SEND_JOBS_AT_ONCE },
  );
  const stopAsking = startAsking(app, transport);
  return async () => {
    await stopAsking();
    await sending.close();
  };
}

/** Sends letters that ask for confirmation as soon as they are due; whoever signed up waits for theirs. */
function startAsking(app: App, transport: Transport): () => Promise<void> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let round: Promise<unknown> | undefined;
  const ask = () => {
    round ??= sendConfirmations(
      {
        store: app.confirmations,
        transport,
        tokens: app.confirmTokens,
        book: app.topics,
        publicUrl: app.config.publicUrl,
        signer: app.signer,
        leaseMs: app.config.leaseMs,
        firstRetryMs: app.config.firstRetryMs,
        clock: Date.now,
      },
      stop.signal,
    )
      .catch((error) => app.log.warn({ error: messageOf(error) }, 'requests to confirm could not be sent'))
      .finally(() => {
        round = undefined;
      });
  };
  const rounds = setInterval(ask, CONFIRM_MS);
  return async () => {
    clearInterval(rounds);
    stop.abort();
    await round;
  };
}

async function tellOfServer(app: App, serverDown: string | undefined, claimed: number): Promise<void> {
  if (serverDown !== undefined) {
    app.log.warn(
      { server: serverNames(app.config.smtpUrl), said: serverDown },
      'the SMTP server takes no letters',
    );
    await app.notices.set(
      SERVER_NOTICE,
      `The SMTP server ${serverNames(app.config.smtpUrl)} takes no letters (${serverDown}). They wait and leave when it is back.`,
    );
  } else if (claimed > 0) await app.notices.clear(SERVER_NOTICE);
}

/** Everything that send jobs of this process share: one transport, and one gate for claims and outcomes. */
function makeSending(
  app: App,
  transport: Transport,
  throttle: Throttle,
): { deps: SendJobDeps; close(): Promise<void> } {
  const gate = makeGate(app.sends, app.defaultFrequency, app.config.leaseMs);
  const refusals = new RefusalCount();
  const scriptorium = openScriptorium(app);
  return {
    deps: {
      ledger: app.sends,
      customers: app.customers,
      scriptorium,
      transport: throttle.listenTo(transport),
      throttle,
      leaseMs: app.config.leaseMs,
      firstRetryMs: app.config.firstRetryMs,
      run: app.runs.byId,
      claim: gate.claim,
      settle: gate.settle,
      contentAccepted: (runId) => refusals.accepted(runId),
      contentRefused: async (runId, response) => {
        if (refusals.refused(runId)) await stopRun(app, runId, response);
      },
      clock: Date.now,
    },
    close: async () => {
      await transport.close();
      await throttle.close();
      await gate.close();
      await scriptorium.close();
    },
  };
}

async function stopRun(app: App, runId: number, response: string): Promise<void> {
  const reason = `The server refused its letters ten times in a row: "${response}". Mend the letter or the sender, then resume.`;
  const stopped = await app.runs.step(runId, sendingStates, 'paused', reason);
  if (stopped)
    app.log.error({ run: runId, said: response }, 'a campaign was stopped: its letters are refused');
}

/** Limits are shared in Redis where the jobs are there, else in the database. */
function permitsOf({ permits, sends }: App, { cells }: Pick<Queues, 'cells'>): Permits {
  return cells === undefined ? permits : permitCells({ cells, postpone: sends.postpone, mirror: permits });
}

function throttleOf(app: App, permits: Permits, seats: Seats): Throttle {
  const { limits, warmUps } = app;
  return makeThrottle({
    limits,
    warmUps,
    permits,
    days: app.permits,
    seats,
    clock: Date.now,
    random: Math.random,
    failed: (error) => notShared(app, error),
  });
}

function notShared({ log }: App, error: unknown): void {
  log.warn({ error: messageOf(error) }, 'a limit could not be stored');
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
