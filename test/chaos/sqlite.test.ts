import { afterAll, beforeAll, describe, test } from 'vitest';
import { jumpingClocks } from './clocks.ts';
import { type Compiled, compileDear } from './compiled.ts';
import { cancel, pause, resolve } from './decisions.ts';
import { kills, loneKills } from './kills.ts';
import { freezes, stalls } from './stalls.ts';
import { steering } from './steering.ts';
import { form, perform, seed } from './theatre.ts';

let dear: Compiled | undefined;
beforeAll(async () => {
  dear = await compileDear();
});
afterAll(() => dear?.remove());

/** Every process does everything, on one file, each with a queue of its own. */
const team = [{ command: ['work'] }, { command: ['work'] }];

describe(`SQLite with embedded queues, CHAOS_SEED=${seed}`, () => {
  for (const scenario of form === 'long'
    ? [kills, loneKills, steering, cancel, pause, resolve, jumpingClocks, stalls, freezes]
    : [kills, loneKills, steering, cancel, pause, resolve]) {
    test(scenario.name, { timeout: 900_000 }, () =>
      perform({ name: 'SQLite', cli: dear?.cli ?? '', team, servers: async () => ({}) }, scenario),
    );
  }
});
