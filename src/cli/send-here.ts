import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../app.ts';
import { sendingStates } from '../campaigns/reasons.ts';
import { DearError } from '../errors.ts';
import { openQueues } from '../queue/open.ts';
import type { Queues } from '../queue/port.ts';
import { startWorkers } from '../roles.ts';
import { checkSending, SERVER_NOTICE } from '../sending.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { untilStopped } from './stop.ts';

const LOOK_MS = 250;
/** A limit or a busy server puts letters off by seconds: those are waited for. */
const SOON_MS = 60_000;

/**
 * Opens the queues of this process for sending.
 * @throws DearError when a setting that sending needs cannot be used
 */
export async function readyToSend(app: App): Promise<Queues> {
  await checkSending(app);
  return openQueues({ url: app.config.queueUrl, log: app.log });
}

/**
 * Sends a run's letters from this process until none is due within a minute any more, the run is stopped, the SMTP
 * server is down, or the person stops it. What is left then stays in the ledger, and is told.
 * @param queues those of `readyToSend`; closed at the end
 * @returns why letters were left, when the server took none
 * @throws DearError `campaign.stopped` when the run was paused or cancelled meanwhile
 */
export async function sendHere(
  app: App,
  out: Output,
  runId: number,
  queues: Queues,
): Promise<DearError | undefined> {
  // What was said of the server before may be over.
  const before = await serverNotice(app);
  let down: string | undefined;
  const workers = await startWorkers(app, queues, ['send', 'record', 'sweep']);
  const stop = untilStopped();
  const total = await dueSoon(app, runId);
  const bar = progressBar('Sending', total, 'letters');
  try {
    for (let left = total; left > 0 && !stop.signal.aborted; left = await dueSoon(app, runId)) {
      bar.to(total - left);
      await refuseStopped(app, runId);
      const notice = await serverNotice(app);
      if (notice !== undefined && notice.at !== before?.at) {
        down = notice.text;
        break;
      }
      await wait(LOOK_MS);
    }
    bar.to(total - (await dueSoon(app, runId)));
  } finally {
    bar.end();
    stop.release();
    await workers.close();
  }
  await app.sweeping.finishRuns();
  const later = await app.ledger.unsettled(runId, Number.MAX_SAFE_INTEGER);
  if (later === 0) return undefined;
  if (down !== undefined) return serverDown(down, later);
  out.note(
    `${later === 1 ? '1 letter still waits' : `${later} letters still wait`}: \`dear campaign status\` says for what; \`dear up\` or \`dear work\` sends them.`,
  );
  return undefined;
}

async function serverNotice(app: App) {
  return (await app.notices.list()).find((notice) => notice.key === SERVER_NOTICE);
}

function serverDown(notice: string, left: number): DearError {
  const wait = left === 1 ? '1 letter waits' : `${left} letters wait`;
  return new DearError('send.server-down', `${notice} ${wait} in the ledger.`, {
    mend: 'Mend that (`dear config` shows SMTP_URL); then `dear up`, `dear work`, or this command once more sends them.',
  });
}

function dueSoon(app: App, runId: number): Promise<number> {
  return app.ledger.unsettled(runId, Date.now() + SOON_MS);
}

async function refuseStopped(app: App, runId: number): Promise<void> {
  const run = await app.runs.byId(runId);
  if (run === undefined || run.state === 'finished' || sendingStates.includes(run.state)) return;
  throw new DearError(
    'campaign.stopped',
    `The campaign is ${run.state}${run.reason ? `: ${run.reason}` : ''}.`,
    { mend: '`dear campaign status` shows how far it came.' },
  );
}
