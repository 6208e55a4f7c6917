import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { openStore } from '../../src/store/open.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { profileStore } from '../../src/store/profiles.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-file-'));
  store = await openStore(join(folder, 'dear.db'), 'a secret of the tests');
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Those of the words that stand in a file of the database. */
async function found(words: readonly string[]): Promise<string[]> {
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))));
  return words.filter((word) => files.some((file) => file.includes(word)));
}

const address = (index: number) => `who-${((index * 7919) % 10_007).toString(36)}-is@example.test`;
const tag = (index: number) => `engraved-${index}-for-${((index * 31) % 997).toString(36)}.`;

test('nothing of an erased person is left in the files, whatever happened to their pages before', async () => {
  const profiles = profileStore(store);
  const events = eventStore(store);
  const everyone = Array.from({ length: 3000 }, (_, index) => index);
  // Written in several rounds that make rows grow, so that pages are split and rows move.
  for (const round of [1, 2, 3]) {
    const changes = everyone.map((index) => ({
      email: address(index),
      attributes: { tag: tag(index).repeat(round), round },
      consents: [{ topic: 'offers', state: 'in' as const, at: round, source: tag(index) }],
    }));
    await profiles.upsertMany(changes, round);
  }
  const ids = await profiles.idsOf(everyone.map(address));
  for (const round of [1, 2]) {
    const fresh = everyone.map((index) => ({
      key: `${(index * 7717) % 9973}-${round}`,
      profileId: ids.get(address(index)) ?? 0,
      type: 'order',
      at: round,
      properties: { text: tag(index).repeat(round * 3) },
    }));
    await events.addMany(fresh, round);
  }
  await store.scrub();
  const erased = everyone.filter((index) => index % 60 === 7);
  const words = erased.flatMap((index) => [address(index), tag(index)]);
  expect(await found(words)).toEqual(words);
  for (const index of erased) await privacyStore(store).erase(ids.get(address(index)) ?? 0, 'test');
  expect(await found(words)).toEqual([]);
  expect(await profiles.count()).toBe(everyone.length - erased.length);
}, 60_000);
