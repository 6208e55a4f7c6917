import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKeyring } from '../../src/access/keyring.ts';
import { fits, keyIdOf, makeKey } from '../../src/access/keys.ts';
import { keyStore } from '../../src/store/keys.ts';
import { dear } from '../cli/run.ts';
import { onEveryStore } from '../stores.ts';

test('a key fits its own secret only, and the secret is not in it', () => {
  const { secret, key } = makeKey('shop', ['events'], 1);
  const other = makeKey('shop', ['events'], 1);
  expect(secret).toMatch(/^dear_[0-9a-f]{10}_[\w-]{43}$/);
  expect(keyIdOf(secret)).toBe(key.id);
  expect(fits(secret, key)).toBe(true);
  expect(fits(other.secret, key)).toBe(false);
  expect(JSON.stringify(key)).not.toContain(secret.slice(16));
  for (const text of ['', 'dear_', `${secret}x`, secret.toUpperCase(), `dear_${key.id}_short`]) {
    expect(keyIdOf(text)).toBeUndefined();
  }
  expect(() => makeKey('no/slash', [], 1)).toThrow(/cannot have this name/);
});

onEveryStore('keys', (open) => {
  const silent = () => undefined;

  test('are kept, named once while they work, counted, and revoked', async () => {
    const keys = keyStore(await open());
    const { key } = makeKey('shop', ['events', 'read'], 10);
    expect(await keys.add(key)).toBe(true);
    expect(await keys.add(makeKey('shop', ['read'], 11).key)).toBe(false);
    expect(await keys.list()).toEqual([key]);
    await keys.used([
      { id: key.id, name: 'shop', at: 50, stored: 3, refused: 1, lastRefusal: 'at: no date' },
    ]);
    await keys.used([{ id: key.id, name: 'shop', at: 40, stored: 2, refused: 0, lastRefusal: undefined }]);
    expect(await keys.list()).toEqual([
      { ...key, usedAt: 50, stored: 5, refused: 1, lastRefusal: 'at: no date' },
    ]);
    expect(await keys.revoke('shop', 60)).toBe(true);
    expect(await keys.revoke('shop', 61)).toBe(false);
    expect(await keys.list()).toMatchObject([{ name: 'shop', revokedAt: 60 }]);
    expect(await keys.add(makeKey('shop', ['read'], 70).key)).toBe(true);
  });

  test('are checked from memory; a revoked one ends within ten seconds', async () => {
    const keys = keyStore(await open());
    const { secret, key } = makeKey('shop', ['events'], 10);
    await keys.add(key);
    let now = 0;
    let reads = 0;
    const counted = {
      used: keys.used,
      list: () => {
        reads += 1;
        return keys.list();
      },
    };
    const ring = makeKeyring(counted, silent, () => now);
    for (let call = 0; call < 100; call += 1)
      expect(await ring.check(secret)).toMatchObject({ name: 'shop' });
    // Guesses cost no reads beyond two a second.
    for (let call = 0; call < 100; call += 1) {
      expect(await ring.check(makeKey('guess', [], 1).secret)).toBeUndefined();
    }
    expect(await ring.check(`${secret.slice(0, -2)}xx`)).toBeUndefined();
    expect(reads).toBe(1);
    const late = makeKey('late', ['read'], 10);
    await keys.add(late.key);
    now = 600;
    expect(await ring.check(late.secret)).toMatchObject({ name: 'late' });
    await keys.revoke('shop', 20);
    now = 11_000;
    expect(await ring.check(secret)).toBeUndefined();
    await ring.close();
  });

  test('what was done with them is written down when the ring closes', async () => {
    const keys = keyStore(await open());
    const { key } = makeKey('shop', ['events'], 10);
    await keys.add(key);
    const ring = makeKeyring(keys, silent, () => 99);
    ring.note(key, { stored: 5, refused: 0 });
    ring.note(key, { stored: 1, refused: 2, lastRefusal: 'type: wrong' });
    expect(await keys.list()).toMatchObject([{ usedAt: undefined, stored: 0 }]);
    await ring.close();
    expect(await keys.list()).toMatchObject([
      { usedAt: 99, stored: 6, refused: 2, lastRefusal: 'type: wrong' },
    ]);
  });
});

describe('dear keys', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-keys-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (...words: string[]) => dear(['keys', ...words], folder, { DATA_DIR: folder });

  test('say what to do when there are none, show a key once, and end it', async () => {
    expect((await run('list')).out).toContain('`dear keys add shop');
    const added = await run('add', 'shop', '--scope', 'events', 'read');
    const secret = /dear_\w{10}_[\w-]{43}/.exec(added.out)?.[0] ?? 'nothing';
    expect(added.code).toBe(0);
    const listed = await run('list');
    expect(listed.out).toContain('events, read');
    expect(listed.out).not.toContain(secret);
    expect(
      JSON.stringify(JSON.parse((await dear(['--json', 'keys', 'list'], folder, { DATA_DIR: folder })).out)),
    ).not.toContain('"hash"');
    expect(await run('add', 'shop')).toMatchObject({
      code: 1,
      err: expect.stringContaining('dear keys revoke'),
    });
    expect(await run('add', 'other', '--scope', 'everything')).toMatchObject({ code: 2 });
    expect(await run('add', 'a/b')).toMatchObject({ code: 2 });
    expect((await run('revoke', 'shop')).out).toContain('revoked');
    expect(await run('revoke', 'shop')).toMatchObject({
      code: 1,
      err: expect.stringContaining('dear keys list'),
    });
    expect((await run('list', '--all')).out).toContain('revoked 2');
  });
});
