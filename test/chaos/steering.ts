import { setTimeout as wait } from 'node:timers/promises';
import { startWithWrongClocks } from './clocks.ts';
import { type Scenario, type Stage, untilTaken } from './scenario.ts';
import { PAST_THE_LEASE_MS } from './stalls.ts';

/**
 * Readers unsubscribe and the campaign is paused while its letters leave; the workers' clocks jump, and now and then
 * the server keeps a letter waiting for longer than a lease.
 */
export const steering: Scenario = {
  name: 'unsubscribes and pauses in the middle of a batch, clocks that jump, stalls past the lease',
  letters: { short: 200, long: 2000 },
  script: { mischief: 0.5, pace: 8, verySlowMs: PAST_THE_LEASE_MS, verySlow: 1.5 },
  patience: (PAST_THE_LEASE_MS / 1000) * 1.5,
  play: async (stage) => {
    const withdrawn = new Map<number, number>();
    const paused: [number, number][] = [];
    startWithWrongClocks(stage);
    const rounds = stage.form === 'short' ? 4 : 16;
    for (let round = 1; round <= rounds; round += 1) {
      if (!(await untilTaken(stage.site, Math.floor((stage.site.audience * round) / (rounds + 3))))) break;
      await unsubscribeSome(stage, withdrawn, 8);
      if (round % 2 === 0) paused.push(await pauseAWhile(stage));
    }
    stage.note(`${withdrawn.size} unsubscribes, ${paused.length} pauses`);
    if (withdrawn.size === 0 || paused.length === 0)
      throw new Error('The run ended too early for this scenario.');
    return { withdrawn, paused };
  },
};

/** Some of those who are still to get their letter withdraw, as a click on the link in an older one does it. */
export async function unsubscribeSome(
  stage: Stage,
  withdrawn: Map<number, number>,
  many: number,
): Promise<void> {
  const { app, runId } = stage.site;
  for (let count = 0; count < many; count += 1) {
    const profileId = stage.chance.between(1, stage.site.audience);
    if (withdrawn.has(profileId)) continue;
    const send = await app.ledger.sendOf(runId, profileId);
    if (send === undefined) continue;
    await app.readers.optOut(send.id, 'unsubscribe link', Date.now(), undefined);
    withdrawn.set(profileId, Date.now());
  }
}

async function pauseAWhile(stage: Stage): Promise<[number, number]> {
  const { app, runId } = stage.site;
  await app.runs.step(runId, ['running'], 'paused');
  const from = Date.now();
  await wait(stage.chance.between(300, 900));
  const to = Date.now();
  await app.runs.step(runId, ['paused'], 'running');
  return [from, to];
}
