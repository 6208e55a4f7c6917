import { setTimeout as wait } from 'node:timers/promises';
import type { Run } from '../../campaigns/port.ts';
import { DearError } from '../../errors.ts';
import { type PlanCounts, planHere } from '../commands/campaign.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';

/** The campaign of the demo, and the letter that went out just before it. */
export const CAMPAIGN = 'autumn-thanks';
const EARLIER = 'club-evening';

const LOOK_MS = 50;
const STUCK_MS = 30_000;

/** A campaign whose due letters have left. */
export interface Sent {
  readonly run: Run;
  readonly plan: PlanCounts;
  readonly accepted: number;
}

/** The garden club's letter goes first: some of its readers want no more than one letter a week or a month. */
export async function sendEarlier(stage: Stage, narrator: Narrator): Promise<Sent> {
  const sent = await launchAndSend(stage, narrator, EARLIER);
  narrator.done(
    `'${EARLIER}' went to ${sent.accepted} members of the garden club, so some customers' own limits are used up.`,
  );
  return sent;
}

export async function sendCampaign(stage: Stage, narrator: Narrator): Promise<Sent> {
  const sent = await launchAndSend(stage, narrator, CAMPAIGN);
  const { plan, accepted } = sent;
  const skipped = Object.entries(plan.skipped).map(([reason, customers]) => `${reason} ${customers}`);
  narrator.done(
    `'${CAMPAIGN}' was planned for ${plan.audience} customers: ${plan.queued} letters; no letter for ${plan.audience - plan.queued} (${skipped.join(', ')}).`,
  );
  narrator.done(`${accepted} letters left over SMTP and were accepted by the mailbox server.`);
  if (plan.later > 0) {
    narrator.out.say(
      `  ${plan.later} wait for their reader's next free slot or for the end of their night; who that is depends on the hour.`,
    );
  }
  return sent;
}

async function launchAndSend(stage: Stage, narrator: Narrator, name: string): Promise<Sent> {
  narrator.goOn();
  const { app, queues } = stage;
  const run = await app.launch(name, false);
  const plan = await planHere(app, run);
  await queues.add('send', [{ payload: { runId: run.id }, key: `send-${run.id}-0` }]);
  await untilGone(stage, narrator, run);
  const counts = await app.ledger.counts(run.id);
  const accepted = counts.reduce((sum, row) => sum + (row.state === 'accepted' ? row.count : 0), 0);
  return { run, plan, accepted };
}

/** Waits until no letter of the run is due or on its way any more. */
async function untilGone({ app }: Stage, narrator: Narrator, run: Run): Promise<void> {
  const unsettled = () => app.ledger.unsettled(run.id, Date.now());
  const total = await unsettled();
  const bar = narrator.bar(`Sending ${run.campaign}`, total, 'letters');
  try {
    let least = total;
    let moved = Date.now();
    for (let left = total; left > 0; left = await unsettled()) {
      narrator.goOn();
      if (left < least) moved = Date.now();
      least = Math.min(least, left);
      if (Date.now() - moved > STUCK_MS) throw stuck(run, left);
      bar.to(total - left);
      await wait(LOOK_MS);
    }
    bar.to(total);
  } finally {
    bar.end();
  }
}

function stuck(run: Run, left: number): DearError {
  return new DearError(
    'demo.stuck',
    `${left} letters of '${run.campaign}' have not moved for ${STUCK_MS / 1000} s.`,
    {
      mend: 'Run it again with LOG_LEVEL=info to see what the workers say.',
    },
  );
}
