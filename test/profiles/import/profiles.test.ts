import { readFile, stat, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normaliseEmail } from '../../../src/profiles/email.ts';
import { typedText } from '../../../src/profiles/import/typing.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { privacyStore } from '../../../src/store/privacy.ts';
import { onEveryStore } from '../../stores.ts';
import { importing, inputFolder } from './importing.ts';

const { file, folder } = inputFolder();

onEveryStore('imports', (open) => {
  const made = async () => importing(await open(), folder());

  test('consent comes with its words and its proof, and a rhythm in words', async () => {
    const { profiles, consents, profilesFrom } = await made();
    const path = await file(
      'csv',
      'email,frequency,consent.offers,consentAt,consentWording,consentProof\n' +
        'ann@example.com,only important,in,2024-05-01,"I agree, gladly",form 7\n' +
        `bob@example.com,unlimited,in,2024-05-01,${'x'.repeat(2001)},\n`,
    );
    const report = await profilesFrom(path);
    expect(report).toMatchObject({ added: 1, refused: 1 });
    expect(report.reasons[0]?.reason).toBe('consent wording is longer than 2000 characters');
    const ann = await profiles.byEmail('ann@example.com');
    expect(ann).toMatchObject({ frequency: { importantOnly: true }, attributes: {} });
    expect(await consents.of(ann?.id ?? 0)).toMatchObject([
      { topic: 'offers', wording: 'I agree, gladly', proof: 'form 7' },
    ]);
  });

  test('customers without an address are known by their number, and may get one later in the file', async () => {
    const { store, profiles, consents, profilesFrom } = await made();
    const identities = identityStore(store);
    const shop = (value: string) => ({ externalIds: [{ source: 'shop', value }] });
    const mapping = { externalIds: { shop: '{Customer}', till: '{Till}' } };
    const path = await file(
      'csv',
      'email,Customer,Till,city,size,consent.offers\n' +
        ',17,,Bonn,S,in\n' +
        ',,t8,Ulm,,\n' +
        'ann@example.com,17,,Köln,,\n' +
        ',17,,,M,\n' +
        ',,,Graz,,\n' +
        'nobody,19,,,,\n' +
        'ben@example.com,,,Wien,,\n',
    );
    expect(await profilesFrom(path, mapping)).toMatchObject({ added: 3, updated: 1, merged: 1, refused: 2 });
    const ann = await profiles.byEmail('ann@example.com');
    expect(ann?.attributes).toEqual({ city: 'Köln', size: 'M' });
    expect(await consents.of(ann?.id ?? 0)).toMatchObject([{ topic: 'offers', state: 'in' }]);
    const [byNumber, till] = await identities.find([
      shop('17'),
      { externalIds: [{ source: 'till', value: 't8' }] },
    ]);
    expect(byNumber).toBe(ann?.id);
    expect((await profiles.byIds([till ?? 0])).get(till ?? 0)).toMatchObject({
      email: undefined,
      attributes: { city: 'Ulm' },
    });
    // Nobody is made anew, and a column of addresses is not needed.
    const again = await file('csv', 'Customer,city\n17,Trier\n18,Jena\n');
    const numbers = { externalIds: { shop: '{Customer}' } };
    expect(await profilesFrom(again, numbers)).toMatchObject({ added: 1, updated: 1, unchanged: 0 });
    expect(await profilesFrom(again, numbers)).toMatchObject({ added: 0, updated: 0, unchanged: 2 });
    expect((await profiles.byEmail('ann@example.com'))?.attributes).toEqual({ city: 'Trier', size: 'M' });
    await expect(profilesFrom(again, {})).rejects.toThrow(/e-mail address/);

    await privacyStore(store).erase(byNumber ?? 0, 'a test');
    expect(await profilesFrom(again, numbers)).toMatchObject({
      unchanged: 1,
      refused: 1,
      reasons: [{ reason: 'this person had themselves erased' }],
    });
  });

  test('a mended file of refused rows says what the rows said, no more', async () => {
    const { profiles, profilesFrom } = await made();
    const path = await file('csv', 'email,phone,note\nbroken.example,+49 151 234,-- see file\n');
    const { refusedFile = '' } = await profilesFrom(path);
    const mended = (await readFile(refusedFile, 'utf8')).replace('broken.example', 'mended@x.example');
    await writeFile(refusedFile, mended);
    expect(await profilesFrom(refusedFile)).toMatchObject({ added: 1, refused: 0 });
    expect((await profiles.byEmail('mended@x.example'))?.attributes).toEqual({
      phone: '+49 151 234',
      note: '-- see file',
    });
  });

  test('a plain CSV file of profiles: what it says, what is refused, and twice is once', async () => {
    const { profiles, consents, profilesFrom } = await made();
    const path = await file(
      'csv',
      '\ufeffE-Mail;First name;Time zone;frequency;quiet_hours;consent.offers;consentAt;topics\r\n' +
        'Ann@EXAMPLE.com;Ann;Europe/Berlin;2 per week;21:00-08:00;in;2024-05-01;news\r\n' +
        'ann@example.com;Anna;;;;;;\r\n' +
        'not an address;Bob;;;;;;\r\n' +
        ';Cid;;;;;;\r\n' +
        'dan@example.com;=cmd();Mars/Base;;;;;\r\n' +
        'eve@example.com;Eve;;often;;;;\r\n' +
        'fay@example.com\r\n' +
        'gus@example.com;Gus;;;;maybe;;\r\n' +
        'hal@example.com;"Hal\r\nHal";;;;;;\r\n',
    );
    const report = await profilesFrom(path);
    expect(report).toMatchObject({ rows: 9, added: 2, merged: 1, updated: 0, unchanged: 0, refused: 6 });
    expect(report.reasons).toHaveLength(6);
    const ann = await profiles.byEmail('ann@example.com');
    expect(ann).toMatchObject({
      attributes: { 'First name': 'Anna' },
      timeZone: 'Europe/Berlin',
      frequency: { max: 2, per: 'week' },
      quietHours: { from: 1260, to: 480 },
    });
    expect(await consents.of(ann?.id ?? 0)).toMatchObject([
      { topic: 'news', state: 'in' },
      { topic: 'offers', state: 'in', at: Date.UTC(2024, 4, 1) },
    ]);
    expect((await profiles.byEmail('hal@example.com'))?.attributes).toEqual({ 'First name': 'Hal\r\nHal' });
    const refused = await readFile(`${path}.refused.csv`, 'utf8');
    expect(report.refusedFile).toBe(`${path}.refused.csv`);
    expect(refused.split('\n').slice(0, 2)).toEqual([
      'line,reason,E-Mail,First name,Time zone,frequency,quiet_hours,consent.offers,consentAt,topics',
      '4,the e-mail address is not valid: it has no @,not an address,Bob,,,,,,',
    ]);
    expect(refused).toContain("'=cmd()");
    expect(refused).toContain('8,"it has 1 fields, the header has 8",fay@example.com');
    expect(await profilesFrom(path)).toMatchObject({
      added: 0,
      updated: 0,
      unchanged: 2,
      merged: 1,
      refused: 6,
    });
    expect((await profiles.byEmail('ann@example.com'))?.updatedAt).toBe(ann?.updatedAt);
    expect(await consents.history(ann?.id ?? 0)).toHaveLength(2);
    await writeFile(path, 'email\nann@example.com\n');
    await profilesFrom(path);
    await expect(stat(`${path}.refused.csv`)).rejects.toThrow();
  });

  test('an opt-out stands against a list that is imported again', async () => {
    const { profiles, consents, profilesFrom } = await made();
    const path = await file('csv', 'email\nann@example.com\n');
    await profilesFrom(path, { consent: { offers: 'in' } });
    const id = (await profiles.byEmail('ann@example.com'))?.id ?? 0;
    await consents.change(id, 'offers', 'out', Date.now(), 'unsubscribe');
    expect(await profilesFrom(path, { consent: { offers: 'in' } })).toMatchObject({ unchanged: 1 });
    expect((await consents.of(id))[0]?.state).toBe('out');
  });

  test('JSON Lines keep their types; null takes an attribute away; harm is refused', async () => {
    const { profiles, consents, profilesFrom } = await made();
    const path = await file(
      'jsonl.gz',
      gzipSync(
        [
          '{"email":"ann@example.com","age":30,"vip":true,"attributes":{"sizes":[38,40]},"consent":{"offers":"in"}}',
          '{"email":"ann@example.com","age":null,"timeZone":"Europe/Rome"}',
          '',
          '{"email":"bob@example.com","__proto__":{"admin":true}}',
          '{"email":"cid@example.com","name":"a\\u0000b"}',
          '{"email":"dan@example.com","name":"\\ud800"}',
          '{"email":"eve@example.com","n":1e999}',
          `{"email":"fay@example.com","deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
          '["gus@example.com"]',
          '{"email":',
          '{"email":["hal@example.com"]}',
        ].join('\n'),
      ),
    );
    expect(await profilesFrom(path)).toMatchObject({ rows: 10, added: 1, merged: 1, refused: 8 });
    const ann = await profiles.byEmail('ann@example.com');
    expect(ann).toMatchObject({ attributes: { vip: true, sizes: [38, 40] }, timeZone: 'Europe/Rome' });
    expect(ann?.attributes).not.toHaveProperty('age');
    expect(await consents.of(ann?.id ?? 0)).toMatchObject([{ topic: 'offers', state: 'in' }]);
    const lines = (await readFile(`${path}.refused.jsonl`, 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).line)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('any table of names and values comes back from the store', async () => {
    const { profiles, profilesFrom } = await made();
    const cell = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\u0000'));
    const rows = fc.array(fc.tuple(fc.emailAddress(), cell, cell), { minLength: 1, maxLength: 20 });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        const path = await file(
          'csv',
          `email,a,b\n${table.map((row) => row.map(quoted).join(',')).join('\n')}\n`,
        );
        const report = await profilesFrom(path);
        const { rows, added, updated, unchanged, merged, skipped, refused } = report;
        expect(added + updated + unchanged + merged + skipped + refused).toBe(rows);
        expect(rows).toBe(table.length);
        for (const [email, a] of new Map(table.map((row) => [normaliseEmail(row[0]), row[1]]))) {
          if (email === undefined) continue;
          if (a !== '') expect((await profiles.byEmail(email))?.attributes.a).toEqual(typedText(a));
        }
        expect(await profilesFrom(path)).toMatchObject({ added: 0, updated: 0 });
      }),
      { numRuns: 25 },
    );
  });
});
