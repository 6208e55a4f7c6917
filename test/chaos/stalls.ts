import { setTimeout as wait } from 'node:timers/promises';
import { caught, LEASE_SECONDS, openConnections, type Scenario, untilTaken } from './scenario.ts';

/** How long the server, or a worker, stands still. */
export const PAST_THE_LEASE_MS = LEASE_SECONDS * 2200;

/** A server that answers long after the lease: who still waits for it keeps its letters, and hears of them. */
export const stalls: Scenario = {
  name: 'an SMTP server that stalls past the lease',
  letters: { short: 150, long: 800 },
  script: { mischief: 0, pace: 2, verySlowMs: PAST_THE_LEASE_MS, verySlow: 4 },
  patience: (PAST_THE_LEASE_MS / 1000) * 3,
  play: async (stage) => {
    for (const options of stage.team) stage.site.crew.start(options);
    return {};
  },
};

/** Workers that stand still for longer than their lease, and then go on as if nothing had been. */
export const freezes: Scenario = {
  name: 'workers that freeze past their lease',
  letters: { short: 200, long: 2000 },
  script: { mischief: 0.3, pace: 10, verySlowMs: 0, verySlow: 0 },
  patience: 10,
  play: async (stage) => {
    for (const options of stage.team) stage.site.crew.start(options);
    const rounds = stage.form === 'short' ? 2 : 8;
    let interrupted = 0;
    let frozen = 0;
    for (let round = 1; round <= rounds; round += 1) {
      if (!(await untilTaken(stage.site, Math.floor((stage.site.audience * round) / (rounds + 2))))) break;
      const worker = await caught(stage.site, 'taken', stage.chance.between(1, 10));
      if (worker === undefined) break;
      await worker.kill('SIGSTOP');
      interrupted += await openConnections(stage.site, worker.name);
      await wait(PAST_THE_LEASE_MS);
      await worker.kill('SIGCONT');
      frozen += 1;
    }
    stage.note(`${frozen} freezes`);
    if (frozen === 0) throw new Error('The run ended too early for this scenario.');
    return { interrupted };
  },
};
