import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../app.ts';
import { openQueues } from '../queue/open.ts';
import { startWorkers } from '../roles.ts';
import { SERVER_NOTICE } from '../sending.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { untilStopped } from './stop.ts';

const LOOK_MS = 250;

/**
 * Sends a run's letters from this process until none is due any more (letters that wait for a later day stay in
 * the ledger), the SMTP server is down, or the person stops it.
 */
export async function sendHere(app: App, out: Output, runId: number): Promise<void> {
  const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
  const workers = await startWorkers(app, queues, ['send', 'record', 'sweep']).catch(
    async (error: unknown) => {
      await queues.close();
      throw error;
    },
  );
  const stop = untilStopped();
  const total = await dueNow(app, runId);
  const bar = progressBar('Sending', total, 'letters');
  try {
    for (let left = total; left > 0 && !stop.signal.aborted; left = await dueNow(app, runId)) {
      bar.to(total - left);
      const down = (await app.notices.list()).find((notice) => notice.key === SERVER_NOTICE);
      if (down !== undefined) {
        out.note(down.text);
        break;
      }
      await wait(LOOK_MS);
    }
    bar.to(total - (await dueNow(app, runId)));
  } finally {
    bar.end();
    stop.release();
    await workers.close();
  }
  await app.sweeping.finishRuns();
}

async function dueNow(app: App, runId: number): Promise<number> {
  return app.ledger.unsettled(runId, Date.now());
}
