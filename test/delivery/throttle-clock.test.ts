import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseLimits } from '../../src/delivery/limits.ts';
import { makeThrottle } from '../../src/delivery/throttle.ts';
import type { Outcome } from '../../src/delivery/transport.ts';
import { openStore } from '../../src/store/open.ts';
import { permitStore } from '../../src/store/permits.ts';

const HOUR_MS = 3_600_000;
const FIRST_PAUSE_MS = 5000;

test('a server that is left alone already slows nobody down', async () => {
  const store = await openStore(':memory:', 'secret');
  const permits = permitStore(store);
  const throttle = makeThrottle({
    limits: parseLimits(undefined, undefined),
    warmUps: new Map(),
    permits,
    days: permits,
    clock: Date.now,
    random: Math.random,
    failed: (error) => {
      throw error;
    },
  });
  const busy = {
    kind: 'deferred',
    code: 421,
    response: '421 4.7.0 busy',
    stage: 'mail',
    scope: 'server',
  } as const;
  const answers: Outcome[] = [{ ...busy, heeded: true }, busy];
  const transport = throttle.listenTo({
    concurrency: 1,
    slot: async () => ({
      kind: 'slot',
      features: { eightBitMime: false },
      deliver: async () => answers.shift() ?? busy,
      mayGoOn: () => false,
      release: async () => undefined,
    }),
    features: () => undefined,
    close: async () => undefined,
  });
  const waits = [];
  while (answers.length > 0) {
    const slot = await transport.slot();
    if (slot.kind !== 'slot') throw new Error('There is no connection.');
    await slot.deliver({ from: 'shop@shop.example', to: 'a@some.example', bytes: Buffer.from('') });
    waits.push(throttle.mustWait('b@other.example'));
  }
  expect(waits).toEqual([false, true]);
  await throttle.close();
  await store.close();
});

test('a pause ends when it should, though the clock of the machine is set back meanwhile', async () => {
  const store = await openStore(':memory:', 'secret');
  const permits = permitStore(store);
  let off = HOUR_MS;
  const throttle = makeThrottle({
    limits: parseLimits(undefined, undefined),
    warmUps: new Map(),
    permits,
    days: permits,
    clock: () => Date.now() + off,
    random: Math.random,
    failed: (error) => {
      throw error;
    },
  });
  const busy: Outcome = {
    kind: 'deferred',
    code: 421,
    response: '421 4.7.28 too many letters',
    stage: 'rcpt',
    scope: 'letter',
  };
  const transport = throttle.listenTo({
    concurrency: 1,
    slot: async () => ({
      kind: 'slot',
      features: { eightBitMime: false },
      deliver: async () => busy,
      mayGoOn: () => false,
      release: async () => undefined,
    }),
    features: () => undefined,
    close: async () => undefined,
  });
  const slot = await transport.slot();
  if (slot.kind !== 'slot') throw new Error('There is no connection.');
  await slot.deliver({ from: 'shop@shop.example', to: 'a@slow.example', bytes: Buffer.from('') });
  expect(throttle.mustWait('a@slow.example')).toBe(true);
  await wait(200); // The pause is stored, and its end known.
  off = -HOUR_MS;
  await wait(FIRST_PAUSE_MS + 300);
  expect(throttle.mustWait('a@slow.example')).toBe(false);
  await throttle.close();
  await store.close();
});
