import { setTimeout as wait } from 'node:timers/promises';
import { and, eq } from 'drizzle-orm';
import { killMany } from './kills.ts';
import { isFinished, type Scenario, type Stage, untilTaken } from './scenario.ts';

/*
 * What a person decides while letters leave, with the commands that a person types.
 */

/** From `dear campaign cancel` on nothing is claimed any more, and every send comes to its end. */
export const cancel: Scenario = {
  name: 'cancelled in the middle of its batches',
  letters: { short: 400, long: 2000 },
  // Many letters are put off, so that the end finds letters in every state.
  script: { mischief: 3, pace: 40, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    const { site } = stage;
    start(stage);
    if (!(await untilTaken(site, Math.floor(site.audience / 8)))) throw tooEarly();
    await site.crew.command('campaign', 'cancel', 'greeting');
    const at = Date.now();
    await untilEnded(stage);
    const run = await site.app.runs.byId(site.runId);
    if (run?.state !== 'cancelled') throw new Error(`The run is ${run?.state}, not cancelled.`);
    return { stopped: [[at, Number.POSITIVE_INFINITY]] };
  },
};

/** Within a second of `dear campaign pause` the last letter has begun; `resume` goes on where it stopped. */
export const pause: Scenario = {
  name: 'paused and resumed',
  // Slow enough for a command to start while letters leave, on a busy machine too.
  letters: { short: 500, long: 2000 },
  script: { mischief: 0.3, pace: 60, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    const { site } = stage;
    const stopped: [number, number][] = [];
    start(stage);
    const rounds = stage.form === 'short' ? 1 : 4;
    for (let round = 1; round <= rounds; round += 1) {
      if (!(await untilTaken(site, Math.floor((site.audience * (round - 0.8)) / (rounds + 1)))))
        throw tooEarly();
      await site.crew.command('campaign', 'pause', 'greeting');
      const from = Date.now();
      await wait(2500);
      const to = Date.now();
      await site.crew.command('campaign', 'resume', 'greeting');
      stopped.push([from, to]);
    }
    stage.note(`${rounds} pauses`);
    return { stopped };
  },
};

/** Workers die, and a person has the letters whose answer never came sent again, or counts them as accepted. */
export const resolve: Scenario = {
  name: 'unknown letters sent again or accepted',
  letters: { short: 200, long: 1500 },
  script: { mischief: 1, pace: 8, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    start(stage);
    await killMany(stage, stage.form === 'short' ? 2 : 20);
    await untilEnded(stage);
    const resent = await unknownOf(stage);
    await stage.site.crew.command('campaign', 'resolve', 'greeting', '--unknown', 'resend');
    await untilEnded(stage);
    const believed = await unknownOf(stage);
    await stage.site.crew.command('campaign', 'resolve', 'greeting', '--unknown', 'accept');
    stage.note(`${resent.size} sent again, ${believed.size} then accepted`);
    if (resent.size === 0) throw new Error('There was nothing to decide on.');
    return { resent, believed };
  },
};

function start(stage: Stage): void {
  for (const options of stage.team) stage.site.crew.start(options);
}

async function untilEnded(stage: Stage): Promise<void> {
  const until = performance.now() + 120_000;
  while (!(await isFinished(stage.site))) {
    if (performance.now() > until) throw new Error('The run does not come to its end.');
    await wait(50);
  }
}

async function unknownOf({ site }: Stage): Promise<Set<number>> {
  const { sends } = site.store.tables;
  const rows = await site.store.orm
    .select({ id: sends.id })
    .from(sends)
    .where(and(eq(sends.runId, site.runId), eq(sends.state, 'unknown')));
  return new Set(rows.map((row) => row.id));
}

const tooEarly = () => new Error('The run ended too early for this scenario.');
