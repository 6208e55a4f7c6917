import { setTimeout as wait } from 'node:timers/promises';
import { caught, isFinished, type Scenario, type Stage } from './scenario.ts';
import { stages } from './sink-protocol.ts';
import type { Worker } from './workers.ts';

const KILLS = { short: 5, long: 60 } as const;

/** `kill -9` of workers that send, at chosen stages of the dialogue and at random moments; each is replaced. */
export const kills: Scenario = {
  name: 'kill -9 of send workers',
  letters: { short: 250, long: 3000 },
  script: { mischief: 1, pace: 12, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    const killedAt: string[] = [];
    for (const options of stage.team) stage.site.crew.start(options);
    while (killedAt.length < KILLS[stage.form] && !(await isFinished(stage.site))) {
      const at = await killOne(stage);
      if (at !== undefined) killedAt.push(at);
    }
    stage.note(`${killedAt.length} kills (${tally(killedAt)})`);
    if (killedAt.length < KILLS[stage.form]) {
      throw new Error(
        `The run ended after ${killedAt.length} of ${KILLS[stage.form]} kills: it needs more letters.`,
      );
    }
    return {};
  },
};

async function killOne(stage: Stage): Promise<string | undefined> {
  const { chance, site } = stage;
  if (chance.next() < 0.3) {
    await wait(chance.between(0, 250));
    const { open } = await site.sink.report();
    const victim = site.crew.workers.find((worker) => (open[worker.name] ?? 0) > 0);
    if (victim === undefined) return undefined;
    await site.sink.watch(victim.name);
    await killAndReplace(stage, victim);
    return 'any time';
  }
  const at = chance.of(stages);
  const victim = await caught(
    site,
    at,
    at === 'greeting' ? 1 : chance.between(1, stage.form === 'short' ? 15 : 30),
  );
  if (victim === undefined) return undefined;
  await killAndReplace(stage, victim);
  return at;
}

async function killAndReplace(stage: Stage, victim: Worker): Promise<void> {
  await victim.kill('SIGKILL');
  stage.site.crew.start({ queues: victim.queues });
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ');
}
