import { setMaxListeners } from 'node:events';
import type { App } from './app.ts';
import { planRun } from './campaigns/planner.ts';
import type { Run } from './campaigns/port.ts';
import { makeGate } from './delivery/gate.ts';
import type { LetterWriter } from './delivery/letter-writer.ts';
import { RefusalCount } from './delivery/refusals.ts';
import { BATCH_SIZE, type SendJobDeps, sendJob } from './delivery/send-job.ts';
import { parseServers, serverNames } from './delivery/server-list.ts';
import { transportOver } from './delivery/server-pool.ts';
import { smtpTransport } from './delivery/smtp-transport.ts';
import { sweep } from './delivery/sweep.ts';
import { makeThrottle, type Throttle } from './delivery/throttle.ts';
import type { Transport } from './delivery/transport.ts';
import { messageOf } from './errors.ts';
import { listenHttp, makeHttp } from './http/server.ts';
import { openInbox } from './inbox/listener.ts';
import type { QueueName, Queues } from './queue/port.ts';
import { sendConfirmations } from './sign-up/send.ts';
import { makeWaker } from './tracking/waker.ts';

const SWEEP_MS = 1000;
const RESCHEDULE_MS = 5000;
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
export const everyQueue: readonly QueueName[] = ['plan', 'send', 'record', 'sweep'];

/**
 * Works on the given queues in this process. Closing takes no new jobs, lets letters in flight finish and stores
 * what came of them.
 */
export async function startWorkers(app: App, queues: Queues, names: readonly QueueName[]): Promise<Role> {
  const closers: Array<() => Promise<void>> = [];
  if (names.includes('plan')) {
    await queues.process('plan', async ({ runId }, signal) => {
      const { complete } = await planRun(app.planner, runId, { signal });
      if (complete) await queues.add('send', [{ payload: { runId }, key: `send-${runId}-0` }]);
    });
  }
  if (names.includes('send')) closers.push(await startSending(app, queues));
  if (names.includes('record')) {
    await queues.process('record', async (_payload, signal) => {
      await app.fold(signal);
    });
  }
  if (names.includes('sweep')) {
    await queues.schedule('sweep', SWEEP_MS);
    await queues.process('sweep', () => sweepOnce(app, queues));
    await sweepOnce(app, queues);
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
    arrivals: app.arrivals.count,
    queues,
  });
  await app.identities.settleMerges(Date.now() - MERGE_SETTLES_MS, Date.now());
  await app.notices.set(WORKER_NOTICE, `a worker of process ${process.pid} is running`);
}

async function startSending(app: App, queues: Queues): Promise<() => Promise<void>> {
  const servers = parseServers(app.config.smtpUrl, app.config.smtpConnections);
  const transport = transportOver(
    servers.map(({ settings, weight }) => ({ transport: smtpTransport(settings), weight })),
  );
  const sending = makeSending(app, transport, throttleOf(app));
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
  const writers = new Map<number, LetterWriter>();
  const writer = (run: Run) => {
    const known = writers.get(run.id);
    if (known !== undefined) return known;
    const fresh = app.writer(run);
    writers.set(run.id, fresh);
    return fresh;
  };
  return {
    deps: {
      ledger: app.sends,
      customers: app.customers,
      data: app.letterData,
      transport: throttle.listenTo(transport),
      throttle,
      leaseMs: app.config.leaseMs,
      firstRetryMs: app.config.firstRetryMs,
      run: app.runs.byId,
      press: app.press,
      writer,
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
    },
  };
}

async function stopRun(app: App, runId: number, response: string): Promise<void> {
  const reason = `The server refused its letters ten times in a row: "${response}". Mend the letter or the sender, then resume.`;
  const stopped = await app.runs.step(runId, ['running'], 'paused', reason);
  if (stopped)
    app.log.error({ run: runId, said: response }, 'a campaign was stopped: its letters are refused');
}

function throttleOf({ limits, warmUps, permits, log }: App): Throttle {
  return makeThrottle({
    limits,
    warmUps,
    permits,
    clock: Date.now,
    random: Math.random,
    failed: (error) => log.warn({ error: messageOf(error) }, 'a slow-down could not be stored'),
  });
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
  const http = makeHttp({
    ...shared,
    tokens: app.tokens,
    readers: app.readers,
    defaultFrequency: config.defaultFrequency,
    timeZone: config.timeZone,
    languages: config.languages,
    topics: app.topics,
    privacy: app.privacy,
    people: app.people,
    signUp: app.signUp,
    confirmations: app.confirmations,
    confirmTokens: app.confirmTokens,
    prove: app.prove,
  });
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
