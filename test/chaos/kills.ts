import { setTimeout as wait } from 'node:timers/promises';
import { caught, isFinished, type Scenario, type Stage } from './scenario.ts';
import { stages } from './sink-protocol.ts';
import { unsubscribeSome } from './steering.ts';
import type { Worker } from './workers.ts';

const KILLS = { short: 5, long: 60 } as const;

/** `kill -9` of workers that send, at chosen stages of the dialogue and at random moments; each is replaced. */
export const kills: Scenario = {
  name: 'kill -9 of send workers',
  letters: { short: 250, long: 3000 },
  script: { mischief: 1, pace: 12, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    for (const options of stage.team) stage.site.crew.start(options);
    await killMany(stage, KILLS[stage.form]);
    return {};
  },
};

/** One process that does everything, alone on its machine: who kills it stops everything. */
export const loneKills: Scenario = {
  name: 'kill -9 of the only process',
  letters: { short: 200, long: 1500 },
  script: { mischief: 1, pace: 8, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    const ports = { HTTP_PORT: '0', INBOUND_PORT: '0' };
    stage.site.crew.start({ command: ['up'], environment: ports });
    const withdrawn = new Map<number, number>();
    const rounds = { short: 3, long: 25 }[stage.form];
    for (let round = 0; round < rounds; round += 1) {
      await unsubscribeSome(stage, withdrawn, 2);
      await killMany(stage, 1);
    }
    stage.note(`${withdrawn.size} unsubscribes`);
    return { withdrawn };
  },
};

/** Kills so many workers, one after the other. @throws when the run ends before */
export async function killMany(stage: Stage, count: number): Promise<void> {
  const killedAt: string[] = [];
  while (killedAt.length < count && !(await isFinished(stage.site))) {
    const at = await killOne(stage);
    if (at !== undefined) killedAt.push(at);
  }
  stage.note(`${killedAt.length} kills (${tally(killedAt)})`);
  if (killedAt.length < count)
    throw new Error(`The run ended after ${killedAt.length} of ${count} kills: it needs more letters.`);
}

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
  stage.site.crew.start(victim.options);
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ');
}
