import { setMaxListeners } from 'node:events';
import type { App } from './app.ts';
import { sendingStates } from './campaigns/reasons.ts';
import { makeGate } from './delivery/gate.ts';
import { permitCells } from './delivery/permit-cells.ts';
import type { Permits } from './delivery/permits.ts';
import { withoutAddresses } from './delivery/refusal-words.ts';
import { RefusalCount } from './delivery/refusals.ts';
import type { Scriptorium } from './delivery/scriptorium.ts';
import { Seats } from './delivery/seats.ts';
import { BATCH_SIZE, type SendJobDeps, sendJob } from './delivery/send-job.ts';
import { parseServers, serverNames } from './delivery/server-list.ts';
import { transportOver } from './delivery/server-pool.ts';
import { sharedServer } from './delivery/shared-server.ts';
import { smtpTransport } from './delivery/smtp-transport.ts';
import { makeThrottle, type Throttle } from './delivery/throttle.ts';
import type { Transport } from './delivery/transport.ts';
import { messageOf } from './errors.ts';
import type { Queues } from './queue/port.ts';
import type { ConfirmationLetters } from './sign-up/letters.ts';
import { confirmationSender } from './sign-up/send.ts';

const SEND_JOBS_AT_ONCE = 3;
const CONFIRM_MS = 1000;
/** Of each day of a warm-up, what is kept for those who sign up on it. */
const KEPT_FOR_SIGN_UPS = 0.05;
/** The key of the notice that says why nothing leaves. */
export const SERVER_NOTICE = 'smtp';
/** How the keys of notices begin about one of several servers that refuses letters; its name follows. */
export const REFUSING_NOTICE = 'refusing ';

/**
 * Looks whether letters could be sent from here, as far as that shows without a server.
 * @throws DearError when SMTP_URL cannot be read, or the letter that asks for confirmation has a mistake
 */
export async function checkSending(app: App): Promise<void> {
  parseServers(app.config.smtpUrl, app.config.smtpConnections);
  await app.confirmationLetters();
}

/**
 * Sends letters of campaigns, and those that ask for confirmation, until it is closed.
 * @throws DearError when the letter that asks has a mistake
 */
export async function startSending(
  app: App,
  queues: Queues,
  scriptorium: Scriptorium,
): Promise<() => Promise<void>> {
  const letters = await app.confirmationLetters();
  const servers = parseServers(app.config.smtpUrl, app.config.smtpConnections);
  const permits = permitsOf(app, queues);
  const seats = new Seats({ permits, failed: (error) => notShared(app, error) });
  const transport = transportOver(
    servers.map(({ settings, weight, total, name }) => {
      const own = smtpTransport(settings);
      const shared = total === undefined ? own : sharedServer(own, { name, total, seats });
      return { name, weight, transport: shared };
    }),
    undefined,
    // What is logged and shown to everybody names no reader.
    (name, response) => tellOfRefusing(app, name, withoutAddresses(response)),
  );
  const throttle = throttleOf(app, permits, seats);
  const sending = makeSending(app, transport, throttle, scriptorium);
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
  const stopAsking = startAsking(app, letters, sending.deps.transport, throttle);
  return async () => {
    await stopAsking();
    await sending.close();
  };
}

/** Sends letters that ask for confirmation as soon as they are due; whoever signed up waits for theirs. */
function startAsking(
  app: App,
  letters: ConfirmationLetters,
  transport: Transport,
  throttle: Throttle,
): () => Promise<void> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const failed = (error: unknown) =>
    app.log.warn({ error: messageOf(error) }, 'requests to confirm could not be sent');
  const sender = confirmationSender(
    {
      store: app.confirmations,
      letters,
      transport,
      throttle,
      leaseMs: app.config.leaseMs,
      firstRetryMs: app.config.firstRetryMs,
      heard: (serverDown, sent) => tellOfServer(app, serverDown, sent),
      failed,
    },
    stop,
  );
  let round: Promise<void> | undefined;
  const ask = () => {
    round ??= sender
      .round()
      .catch(failed)
      .finally(() => {
        round = undefined;
      });
  };
  const rounds = setInterval(ask, CONFIRM_MS);
  return async () => {
    clearInterval(rounds);
    stop.abort();
    await round;
    await sender.close();
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

/** One of several servers refuses everything; the others go on. */
function tellOfRefusing(app: App, server: string, said: string): void {
  app.log.warn({ server, said }, 'an SMTP server refuses letters by a rule, and is left alone for a while');
  const text = `The SMTP server ${server} refuses letters by a rule of its own ("${said}"), so the others take them. See to the sender's address, or to what that server allows.`;
  app.notices
    .set(`${REFUSING_NOTICE}${server}`, text)
    .catch((error: unknown) => app.log.warn({ error: messageOf(error) }, 'a notice could not be stored'));
}

/** Everything that send jobs of this process share: one transport, and one gate for claims and outcomes. */
function makeSending(
  app: App,
  transport: Transport,
  throttle: Throttle,
  scriptorium: Scriptorium,
): { deps: SendJobDeps; close(): Promise<void> } {
  const gate = makeGate(app.sends, app.defaultFrequency, app.config.leaseMs);
  const refusals = new RefusalCount();
  return {
    deps: {
      ledger: app.sends,
      customers: app.letters.customers,
      scriptorium,
      transport: throttle.listenTo(transport),
      throttle,
      leaseMs: app.config.leaseMs,
      firstRetryMs: app.config.firstRetryMs,
      run: app.runs.byId,
      claim: gate.claim,
      settle: gate.settle,
      contentAccepted: (runId) => refusals.accepted(runId),
      contentRefused: async (runId, response, receiver) => {
        if (refusals.refused(runId, receiver))
          await stopRun(app, runId, withoutAddresses(response), receiver);
      },
    },
    close: async () => {
      await transport.close();
      await throttle.close();
      await gate.close();
    },
  };
}

/** A run's letters say what the campaign said when it was launched, until somebody gives them another text. */
function reasonToStop(campaign: string, response: string, receiver: string | undefined): string {
  const resend = `\`dear campaign resolve ${campaign} --failed resend\` has what was refused sent again`;
  if (receiver !== undefined)
    return `The server refused every reader, by a rule against the sender: "${response}". See to the sender's address or the login, then \`dear campaign resume ${campaign}\`; ${resend}`;
  return `The server refused its letters ten times in a row: "${response}". If the letter is at fault, mend the text, then \`dear campaign resume ${campaign} --with-changes\`; if the sender is, see to that and resume without; ${resend}`;
}

async function stopRun(
  app: App,
  runId: number,
  response: string,
  receiver: string | undefined,
): Promise<void> {
  const campaign = (await app.runs.byId(runId))?.campaign ?? 'NAME';
  const reason = reasonToStop(campaign, response, receiver);
  const stopped = await app.runs.step(runId, sendingStates, 'paused', reason);
  if (stopped) app.log.error({ run: runId, why: reason }, 'a campaign was stopped: its letters are refused');
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
    keepOfDay: app.topics.from === undefined ? 0 : KEPT_FOR_SIGN_UPS,
  });
}

function notShared({ log }: App, error: unknown): void {
  log.warn({ error: messageOf(error) }, 'a limit could not be stored');
}
