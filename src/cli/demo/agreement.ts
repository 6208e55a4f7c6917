import { setTimeout as wait } from 'node:timers/promises';
import type { Run } from '../../campaigns/port.ts';
import { type Report, reportOf } from '../../campaigns/report.ts';
import { DearError } from '../../errors.ts';
import type { DoneCounts } from './readers.ts';
import type { Stage } from './stage.ts';

const LOOK_MS = 100;
const SETTLE_MS = 10_000;

/** The report of the campaign, and the mails that lay in the mailbox in the same moment. */
export interface Agreed {
  readonly report: Report;
  readonly mails: number;
  readonly mailbox: number;
}

/**
 * Compares what left with what came, and what readers did with what the ledger says. A letter whose reader's night
 * ends right now may be on its way, so that a difference counts only if it stays.
 * @throws DearError `demo.disagrees`: then there is a fault in Dear
 */
export async function agree(stage: Stage, earlier: Run, run: Run, done: DoneCounts): Promise<Agreed> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const now = await look(stage, earlier, run);
    const wrong = differences(now, done);
    if (wrong.length === 0) return now;
    if (Date.now() > until) {
      throw new DearError(
        'demo.disagrees',
        `The ledger does not agree with what happened: ${wrong.join('; ')}.`,
      );
    }
    await wait(LOOK_MS);
  }
}

interface Look extends Agreed {
  readonly acceptedEarlier: number;
}

async function look({ app, mailbox }: Stage, earlier: Run, run: Run): Promise<Look> {
  const mails = [...mailbox.mails];
  const before = await reportOf(app.ledger, earlier);
  const report = await reportOf(app.ledger, await app.runOf(run.campaign));
  let ofRun = 0;
  for (const { sendId } of mails) if ((await app.ledger.send(sendId))?.runId === run.id) ofRun += 1;
  return { report, mails: ofRun, mailbox: mails.length, acceptedEarlier: before.states.accepted };
}

function differences({ report, mails, mailbox, acceptedEarlier }: Look, done: DoneCounts): string[] {
  const sum = (name: 'opened' | 'clicked' | 'replied' | 'unsubscribed') =>
    report.variants.reduce((total, variant) => total + variant[name].count, 0);
  const pairs: [string, number, number][] = [
    ['mails in the mailbox and accepted letters', mails, report.states.accepted],
    ['mails of both campaigns and accepted letters', mailbox, report.states.accepted + acceptedEarlier],
    ['opens', done.opened, sum('opened')],
    ['clicks', done.clicked, sum('clicked')],
    ['answers', done.replied, sum('replied')],
    ['unsubscribes', done.unsubscribed, sum('unsubscribed')],
  ];
  return pairs
    .filter(([, seen, recorded]) => seen !== recorded)
    .map(([what, seen, recorded]) => `${what}: ${seen} against ${recorded}`);
}
