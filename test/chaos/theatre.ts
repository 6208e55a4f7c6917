import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { nothingSpecial, settleAccounts } from './account.ts';
import { Chance } from './chance.ts';
import { type Form, isFinished, LEASE_SECONDS, type Scenario } from './scenario.ts';
import type { FragileServer } from './servers.ts';
import { openSite, type Site } from './site.ts';
import type { WorkerOptions } from './workers.ts';

const CONNECTIONS = 5;
const END_WITHIN_MS = 120_000;

/** The usual or the long form, and the seed that everything follows from. */
export const form: Form = process.env.CHAOS === 'long' ? 'long' : 'short';
export const seed = process.env.CHAOS_SEED ?? String(Math.floor(Math.random() * 1e9));

/** What a kind of installation offers. */
export interface House {
  readonly name: string;
  readonly cli: string;
  readonly team: readonly WorkerOptions[];
  readonly redis?: FragileServer | undefined;
  readonly postgres?: FragileServer | undefined;
  servers(): Promise<Readonly<Record<string, string>>>;
}

/** Plays a scenario to the end of its run, and lays the ledger beside what the sink took. */
export async function perform(house: House, scenario: Scenario): Promise<void> {
  const started = performance.now();
  const chance = new Chance(seed, house.name, scenario.name);
  const site = await openSite({
    cli: house.cli,
    letters: scenario.letters[form],
    script: { ...scenario.script, seed: `${seed} ${house.name} ${scenario.name}` },
    servers: await house.servers(),
    connections: CONNECTIONS,
    leaseSeconds: LEASE_SECONDS,
    patience: scenario.patience,
  });
  const notes: string[] = [];
  try {
    const allowance = await scenario.play({
      site,
      chance,
      form,
      team: house.team,
      redis: house.redis,
      postgres: house.postgres,
      note: (what) => notes.push(what),
    });
    const ended = await untilEnded(site);
    await site.crew.stopAll();
    const account = await settleAccounts(site, { ...nothingSpecial, ...allowance });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const counts = Object.entries(account.states).map(([state, count]) => `${count} ${state}`);
    console.log(
      [
        `chaos on ${house.name}: ${scenario.name} (${seconds} s, seed ${seed})`,
        `  ${[...notes, `${site.audience} letters`, ...counts].join(', ')}`,
        `  the sink took ${account.copies}, left ${account.unanswered} unanswered by its script; ${account.cut} connections were cut`,
        `  ${Object.entries(account.fates)
          .map(([fate, count]) => `${fate} ${count}`)
          .join(', ')}`,
      ].join('\n'),
    );
    expect({ ended, deaths: site.crew.deaths, wrong: shortened(account.wrong) }, again(house)).toEqual({
      ended: true,
      deaths: [],
      wrong: [],
    });
  } finally {
    await site.close();
  }
}

function shortened(list: readonly string[]): readonly string[] {
  return list.length <= 12 ? list : [...list.slice(0, 12), `and ${list.length - 12} more like these`];
}

const again = (house: House) => `CHAOS_SEED=${seed} plays it again on ${house.name}`;

async function untilEnded(site: Site): Promise<boolean> {
  const until = performance.now() + END_WITHIN_MS;
  while (!(await isFinished(site))) {
    if (performance.now() > until) return false;
    await wait(100);
  }
  return true;
}
