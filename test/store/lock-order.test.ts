import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { SendLedger, Settlement } from '../../src/delivery/port.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import type { Store } from '../../src/store/database.ts';
import { identityStore } from '../../src/store/identity.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { readerStore } from '../../src/store/readers.ts';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { sweepLedger } from '../../src/store/sweep-ledger.ts';
import type { Finding } from '../../src/tracking/arrivals.ts';
import { foldArrivals } from '../../src/tracking/fold.ts';
import { Chance } from '../chaos/chance.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';

const [READERS, RUNS, WORKERS, GROUP] = [400, 4, 4, 48];
const seed = process.env.CHAOS_SEED ?? String(Math.floor(Math.random() * 1e9));

onEveryStore(`everybody at once, CHAOS_SEED=${seed},`, (open) => {
  test('no writer waits for another that waits for it', { timeout: 120_000 }, async () => {
    const store = await open();
    const readers = await makeReaders(store, READERS);
    const runs: number[] = [];
    for (let count = 0; count < RUNS; count += 1) runs.push((await makeRun(store, readers)).id);
    const failures: string[] = [];
    let working = true;
    const sent: number[] = [];
    const repeat = async (who: string, work: () => Promise<unknown>) => {
      while (working) {
        await work().catch((error: unknown) => failures.push(`${who}: ${told(error)}`));
        await pause(5);
      }
    };
    const others = [
      repeat('a fold', () => readAndFold(store, sent, new Chance(seed, 'fold one'))),
      repeat('a fold', () => readAndFold(store, sent, new Chance(seed, 'fold two'))),
      repeat('an unsubscribe', () => optOut(store, sent, new Chance(seed, 'leave'))),
      repeat('the sweeper', () => sweepLedger(store).expireClaims()),
    ];
    const workers = Array.from({ length: WORKERS }, (_, index) => {
      const chance = new Chance(seed, 'worker', index);
      return sendAll(sendLedger(store), [runs[index % RUNS] ?? 0], sent, chance, failures);
    });
    await Promise.all(workers);
    working = false;
    await Promise.all(others);
    expect(failures).toEqual([]);
  });
});

onEveryStore(`a run that is cancelled, CHAOS_SEED=${seed},`, (open) => {
  test('waits for no letter that waits for it', { timeout: 120_000 }, async () => {
    const store = await open();
    const readers = await makeReaders(store, READERS);
    const failures: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const { id } = await makeRun(store, readers);
      const chance = new Chance(seed, 'worker', round);
      const working = Array.from({ length: WORKERS }, () =>
        sendAll(sendLedger(store), [id], [], chance, failures, 0.5),
      );
      await pause(chance.between(5, 60));
      await runStore(store)
        .skipOpen(id, 'cancelled')
        .catch((error: unknown) => failures.push(`the cancel: ${told(error)}`));
      await Promise.all(working);
    }
    expect(failures).toEqual([]);
  });
});

onEveryStore(`customers who go, CHAOS_SEED=${seed},`, (open) => {
  test('wait for no letters that wait for them', { timeout: 180_000 }, async () => {
    const failures: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const store = await open();
      const identities = identityStore(store);
      const privacy = privacyStore(store);
      const readers = await makeReaders(store, READERS);
      const ids: number[] = [];
      for (let count = 0; count < RUNS; count += 1) ids.push((await makeRun(store, readers)).id);
      const workers = Array.from({ length: WORKERS }, (_, index) =>
        sendAll(sendLedger(store), ids, [], new Chance(seed, 'worker', round, index), failures, 0.3),
      );
      let working = true;
      const left = [...readers];
      const go = async (who: string, count: number, gone: (who: readonly number[]) => Promise<unknown>) => {
        const chance = new Chance(seed, who, round);
        while (working && left.length >= count) {
          await gone(takeSome(left, count, chance)).catch((error: unknown) =>
            failures.push(`${who}: ${told(error)}`),
          );
        }
      };
      const leaving = [
        go('an erasure', 1, async ([id = 0]) => {
          await privacy.halt(id);
          await privacy.erase(id, 'a test');
        }),
        go('a merge', 2, ([stays = 0, goes = 0]) =>
          identities.merge(stays, goes, { by: 'a test', why: 'it tests' }, Date.now()),
        ),
      ];
      await Promise.all(workers);
      working = false;
      await Promise.all(leaving);
    }
    expect(failures).toEqual([]);
  });
});

/**
 * Claims and settles sends of runs in mixed groups, as a gate does, while the lease is renewed.
 * @param putOff the share of letters that are put off for a minute
 */
async function sendAll(
  ledger: SendLedger,
  runIds: readonly number[],
  sent: number[],
  chance: Chance,
  failures: string[],
  putOff = 0,
): Promise<void> {
  for (;;) {
    const leases = await Promise.all(runIds.map((runId) => ledger.lease(runId, 100, 60_000)));
    if (leases.every(({ sends }) => sends.length === 0)) return;
    let held = true;
    const renewals = leases.map(async (lease) => {
      for (; held; await pause(5)) {
        await ledger
          .renew(lease, 60_000)
          .catch((error: unknown) => failures.push(`a renewal: ${told(error)}`));
      }
    });
    let flying: Settlement[] = [];
    const left = leases.flatMap(({ token, sends }) =>
      sends.map((send) => ({ ...send, token, decision: '{}', sourceHash: 'hash' })),
    );
    while (left.length + flying.length > 0) {
      const requests = takeSome(left, GROUP, chance);
      const settled = flying;
      try {
        const verdicts = await ledger.advance(settled, requests, undefined);
        flying = requests
          .filter((_, index) => verdicts[index] === 'go')
          .map(({ id, token }) => settlement(id, token, chance.next() < putOff));
        sent.push(...flying.map(({ id }) => id));
        for (const [index, { id, token }] of requests.entries()) {
          if (verdicts[index] !== 'go') await ledger.skip(token, id, 'no consent', undefined);
        }
      } catch (error) {
        failures.push(`a claim: ${told(error)}`);
        flying = [];
      }
    }
    held = false;
    await Promise.all(renewals);
    for (const lease of leases) await ledger.release(lease);
  }
}

const settlement = (id: number, token: string, isPutOff: boolean): Settlement => ({
  id,
  token,
  state: isPutOff ? 'deferred' : 'accepted',
  reason: undefined,
  code: isPutOff ? 451 : 250,
  response: 'fine',
  retryInMs: 60_000,
  suppress: undefined,
});

function takeSome<T>(from: T[], most: number, chance: Chance): T[] {
  const some: T[] = [];
  while (some.length < most && from.length > 0)
    some.push(...from.splice(chance.between(0, from.length - 1), 1));
  return some;
}

/** Readers open what is just being sent to them, in any order. */
async function readAndFold(store: Store, sent: readonly number[], chance: Chance): Promise<void> {
  const arrivals = arrivalStore(store);
  const newest = sent.slice(-200);
  const opened = takeSome([...newest], 60, chance);
  await arrivals.add(opened.map((send) => ({ kind: 'open' as const, at: Date.now(), facts: { send } })));
  const readMail = async (): Promise<Finding> => ({ state: 'unmatched', note: 'no mail' });
  await foldArrivals({ arrivals, readMail, log: { warn: () => undefined } });
}

async function optOut(store: Store, sent: readonly number[], chance: Chance): Promise<void> {
  const [send] = takeSome(sent.slice(-100), 1, chance);
  if (send !== undefined) await readerStore(store).optOut(send, 'unsubscribe link', Date.now(), undefined);
}

function told(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
