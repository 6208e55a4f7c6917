import { setTimeout as wait } from 'node:timers/promises';
import { openConnections, type Scenario, type Stage, untilTaken } from './scenario.ts';
import { type FragileServer, flushRedis } from './servers.ts';

/** Redis, where there is one, loses everything; it and PostgreSQL are cut off and come back. */
export const outages: Scenario = {
  name: 'the servers emptied, stopped at once and restarted',
  letters: { short: 350, long: 3000 },
  script: { mischief: 0.5, pace: 12, verySlowMs: 0, verySlow: 0 },
  patience: 1.5,
  play: async (stage) => {
    const { redis, postgres } = stage;
    if (postgres === undefined) throw new Error('This scenario needs servers of its own.');
    for (const options of stage.team) stage.site.crew.start(options);
    const rounds = stage.form === 'short' ? 1 : 6;
    let interrupted = 0;
    const troubles = [
      ...(redis === undefined ? [] : [() => flushRedis(redis.url), () => restart(stage, redis)]),
      async () => {
        interrupted += await restart(stage, postgres);
      },
    ];
    const steps = rounds * troubles.length;
    let done = 0;
    for (let step = 1; step <= steps; step += 1) {
      if (!(await untilTaken(stage.site, Math.floor((stage.site.audience * step) / (steps + 2))))) break;
      await troubles[(step - 1) % troubles.length]?.();
      done = step;
    }
    stage.note(`${done} times a server failed, ${interrupted} connections then stood`);
    if (done < steps) throw new Error('The run ended too early for this scenario.');
    return { interrupted };
  },
};

/** Returns how many connections to the sink stood when the server was stopped. */
async function restart(stage: Stage, server: FragileServer): Promise<number> {
  await wait(stage.chance.between(0, 150));
  const before = await openConnections(stage.site);
  await server.crash();
  await wait(stage.chance.between(100, 1500));
  await server.start();
  return before;
}
