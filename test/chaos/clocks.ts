import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Scenario, Stage } from './scenario.ts';

/** Named by its file, since workers start in a folder from where it would not be found. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

const HOUR_MS = 3_600_000;
/** What the clocks of the workers are off by, and how they jump while they work (see clock.ts). */
const clocks = [
  `0:0,1.5:${HOUR_MS},3:${-HOUR_MS}`,
  `0:${-HOUR_MS},2:0,3.5:${24 * HOUR_MS}`,
  `0:${24 * HOUR_MS},2:${-24 * HOUR_MS}`,
  `0:0,1:${-HOUR_MS},2.5:${HOUR_MS}`,
];

/** Starts the team, each with a clock of its own, and so two schedulers that disagree; none of them is right. */
export function startWithWrongClocks(stage: Stage): void {
  for (const [index, options] of stage.team.entries()) {
    stage.site.crew.start({
      ...options,
      node: ['--import', tsx, '--import', new URL('./clock.ts', import.meta.url).href],
      environment: { DEAR_CHAOS_CLOCK: clocks[index % clocks.length] ?? '' },
    });
  }
  stage.note(`${stage.team.length} wrong clocks`);
}

/** Clocks alone, with everything else as usual. */
export const jumpingClocks: Scenario = {
  name: 'clocks that jump, with two schedulers',
  letters: { short: 300, long: 1500 },
  script: { mischief: 0.5, pace: 12, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    startWithWrongClocks(stage);
    return {};
  },
};
