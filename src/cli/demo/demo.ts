import { DearError } from '../../errors.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { untilStopped } from '../stop.ts';
import { agree } from './agreement.ts';
import { sendCampaign, sendEarlier } from './campaigns.ts';
import { keepLetters, tellWhy } from './keepsakes.ts';
import { type Narrator, narrator } from './narrator.ts';
import { prepareShop } from './prepare.ts';
import { letRead, mailsOf } from './reading.ts';
import type { DemoResult } from './result.ts';
import { sayResult, sayStaying } from './show.ts';
import { type Stage, setStage } from './stage.ts';

/**
 * The whole loop on a sample shop, in this process: import, segment, campaign, letters over SMTP, readers, report.
 * Stays up until it is stopped, unless `once`.
 * @throws DearError when any part fails; nothing is left running then
 */
export async function runDemo(cli: Cli, out: Output, once: boolean): Promise<void> {
  const stop = untilStopped();
  try {
    const tell = narrator(out, stop.signal);
    const started = performance.now();
    out.say('A made-up shop, its customers, a campaign and its readers, all in this process. Starting …\n');
    const stage = await setStage(cli);
    try {
      tell.done('Database, queue, mailbox, workers, endpoints and inbox are up.');
      const result = await play(stage, tell, started);
      sayResult(cli, out, stage, result);
      out.data(dataOf(stage, result));
      if (once) return;
      sayStaying(out, stage);
      await stop.stopped;
      out.say('\nStopping.');
    } finally {
      await stage.close();
    }
  } catch (error) {
    if (!(error instanceof DearError) || error.code !== 'demo.stopped') throw error;
    out.note(error.message);
    process.exitCode = 130;
  } finally {
    stop.release();
  }
}

async function play(stage: Stage, tell: Narrator, started: number): Promise<DemoResult> {
  const prepared = await prepareShop(stage, tell, Date.now());
  const earlier = await sendEarlier(stage, tell);
  const sent = await sendCampaign(stage, tell);
  const mails = await mailsOf(stage, prepared.shop, sent.run);
  const done = await letRead(stage, tell, prepared.shop, mails);
  return {
    prepared,
    earlier,
    sent,
    done,
    ...(await agree(stage, earlier.run, sent.run, done)),
    told: await tellWhy(stage, prepared.shop, sent.run.campaign),
    letters: await keepLetters(stage, mails),
    seconds: Math.round(performance.now() - started) / 1000,
  };
}

/** The same for machines: counts, not customers, but for those that are shown. */
function dataOf(stage: Stage, { prepared, earlier, sent, done, ...result }: DemoResult) {
  const { report, mails, mailbox, told, letters, seconds } = result;
  return {
    shop: { customers: prepared.customers, events: prepared.events, suppressed: prepared.suppressed },
    earlier: { campaign: earlier.run.campaign, ...earlier.plan, accepted: mailbox - mails },
    plan: sent.plan,
    mails,
    mailbox,
    readers: done,
    report,
    told,
    letters,
    seconds,
    folder: stage.folder,
    publicUrl: stage.app.config.publicUrl,
    inboundPort: stage.faces.inboundPort,
    mailboxPort: stage.mailbox.port,
  };
}
