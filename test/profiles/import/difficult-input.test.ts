import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { importProfiles } from '../../../src/profiles/import/import.ts';
import type { ProfileMapping } from '../../../src/profiles/import/mapping.ts';
import { profileStore } from '../../../src/store/profiles.ts';
import { onEveryStore } from '../../stores.ts';
import { inputFolder } from './importing.ts';

const { file, folder } = inputFolder();

onEveryStore('imports that cannot go well', (open) => {
  const attempt = async (path: string, mapping: ProfileMapping = {}, more = {}) => {
    const store = await open();
    return importProfiles(profileStore(store), mapping, { path, cwd: folder(), dataDir: folder(), ...more });
  };

  test('files that cannot be read say so', async () => {
    await expect(attempt(join(folder(), 'missing.csv'))).rejects.toThrow(
      /missing\.csv cannot be read: there is no such file/,
    );
    await expect(attempt(folder())).rejects.toThrow(/it is a folder/);
    await expect(attempt(await file('csv.gz', 'email\na@x.de\n'))).rejects.toThrow(/is not packed with gzip/);
    await expect(attempt(await file('csv', 'PK\u0003\u0004 and so on'))).rejects.toThrow(/ZIP or Excel/);
    await expect(attempt(await file('csv', ''))).rejects.toThrow(/it is empty/);
    await expect(attempt(await file('csv', 'email,n\ra@x.de,1\rb@x.de,2\r'))).rejects.toThrow(
      /carriage return/,
    );
    const packed = gzipSync(`email,x\n${'a@example.com,1234567890\n'.repeat(100_000)}`);
    await expect(attempt(await file('csv.gz', packed.subarray(0, packed.length / 2)))).rejects.toThrow(
      /Reading .* failed/,
    );
    await expect(attempt(await file('csv', 'email\n'), { encoding: 'klingon' })).rejects.toThrow(
      /encoding 'klingon'/,
    );
  });

  test('mappings that do not fit say so before anything is read', async () => {
    const path = await file('csv', 'mail,name\na@x.de,Ann\n');
    await expect(attempt(path, { email: '{Adress}' })).rejects.toThrow(/no column 'Adress'/);
    await expect(attempt(path, { email: '{mail|shout}' })).rejects.toThrow(/unknown filter 'shout'/);
    await expect(attempt(path, { email: '{mail' })).rejects.toThrow(/never closed/);
    await expect(attempt(path, { dates: { timeZone: 'Mars' } })).rejects.toThrow(/time zone 'Mars'/);
    await expect(
      attempt(path, { attributes: { __proto__x: '{name}', constructor: '{name}' } }),
    ).rejects.toThrow(/constructor/);
    await expect(attempt(path, { consent: { 'no topic': 'in' } })).rejects.toThrow(/cannot name a topic/);
    await expect(attempt(await file('csv', 'name\nAnn\n'))).rejects.toThrow(
      /No column holds the e-mail address; there are: name/,
    );
  });

  test('windows-1252 and UTF-16 are read when told, or seen', async () => {
    const store = await open();
    const profiles = profileStore(store);
    const options = (path: string) => ({ path, cwd: folder(), dataDir: folder() });
    const latin = await file('csv', Buffer.from('email,city\na@x.de,K\u00f6ln\n', 'latin1'));
    await importProfiles(profiles, { encoding: 'windows-1252' }, options(latin));
    expect((await profiles.byEmail('a@x.de'))?.attributes).toEqual({ city: 'Köln' });
    const wide = await file('csv', Buffer.from('\ufeffemail,city\nb@x.de,Köln\n', 'utf16le'));
    await importProfiles(profiles, {}, options(wide));
    expect((await profiles.byEmail('b@x.de'))?.attributes).toEqual({ city: 'Köln' });
  });

  test('standard input is told apart by its first line', async () => {
    const input = async function* () {
      yield '{"email":"a@x.de"';
      yield ',"n":1}\n{"email":"b"}\n';
    };
    const report = await attempt('-', {}, { input: input() });
    expect(report).toMatchObject({ file: 'standard input', added: 1, refused: 1 });
    expect(report.refusedFile).toBe(join(folder(), 'stdin.refused.jsonl'));
  });

  test('interrupted, it keeps whole batches, and goes on when repeated', async () => {
    const store = await open();
    const profiles = profileStore(store);
    const rows = Array.from({ length: 40_000 }, (_, index) => `p${index}@example.com,${'x'.repeat(20)}`);
    const path = await file('csv', `email,x\n${rows.join('\n')}\n`);
    const stop = new AbortController();
    const options = { path, cwd: folder(), dataDir: folder() };
    const onProgress = (read: number, size = 0) => {
      if (read > size / 2) stop.abort();
    };
    const interrupted = importProfiles(profiles, {}, { ...options, signal: stop.signal, onProgress });
    await expect(interrupted).rejects.toThrow(/Interrupted/);
    const kept = await profiles.count();
    expect(kept % 5_000).toBe(0);
    expect(kept).toBeLessThan(40_000);
    expect(await importProfiles(profiles, {}, options)).toMatchObject({
      added: 40_000 - kept,
      unchanged: kept,
    });
  });

  test.each(['to its end', 'interrupted'])('what it did is on the disk when it says so: %s', async (how) => {
    const store = await open();
    const profiles = profileStore(store);
    const rows = Array.from({ length: 20_000 }, (_, index) => `p${index}@example.com,${'x'.repeat(20)}`);
    const path = await file('csv', `email,x\n${rows.join('\n')}\n`);
    const stop = new AbortController();
    const did: string[] = [];
    const watched = {
      ...profiles,
      upsertMany: async (...given: Parameters<typeof profiles.upsertMany>) => {
        const counts = await profiles.upsertMany(...given);
        did.push('written');
        if (how === 'interrupted') stop.abort();
        return counts;
      },
      kept: async () => {
        await profiles.kept();
        did.push('kept');
      },
    };
    const options = { path, cwd: folder(), dataDir: folder(), signal: stop.signal };
    await importProfiles(watched, {}, options).catch(() => did.push('said that it was interrupted'));
    const end = how === 'interrupted' ? ['kept', 'said that it was interrupted'] : ['kept'];
    expect(did.slice(did.lastIndexOf('written') + 1)).toEqual(end);
    expect(await profiles.count()).toBeGreaterThan(0);
  });
});
