import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { normaliseEmail } from '../../../src/profiles/email.ts';
import { importEvents, importProfiles } from '../../../src/profiles/import/import.ts';
import type { EventMapping, ProfileMapping } from '../../../src/profiles/import/mapping.ts';
import { typedText } from '../../../src/profiles/import/typing.ts';
import { parseRetention } from '../../../src/profiles/retention.ts';
import { consentStore } from '../../../src/store/consents.ts';
import { eventStore } from '../../../src/store/events.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { profileStore } from '../../../src/store/profiles.ts';
import { onEveryStore } from '../../stores.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let serial = 0;
async function file(ending: string, content: string | Buffer): Promise<string> {
  serial += 1;
  const path = join(folder, `input-${serial}.${ending}`);
  await writeFile(path, content);
  return path;
}

const orders = [
  'InvoiceNo,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
  '1,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  '1,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
  'C2,LANTERN,-6,2011-07-01 08:26:00,2.55,17850.0,United Kingdom',
  '3,"CUP, ""RED""",1,2010-12-02 09:00:00,abc,13047.0,Belgium',
  '4,CUP,1,2010-12-02 09:00:00,1.5,,Belgium',
  '5,CUP,1,2010-12-02 09:00:00,1.5,13047.0,Austria',
].join('\n');

const orderEmail = 'customer-{CustomerID|integer}@example.test';
const orderMapping: EventMapping = {
  email: orderEmail,
  type: [{ when: { InvoiceNo: { startsWith: 'C' } }, is: 'cancel' }, { is: 'order' }],
  at: '{InvoiceDate}',
  dates: { timeZone: 'Europe/London' },
  properties: {
    product: '{Description}',
    quantity: '{Quantity|number}',
    price: '{UnitPrice|number}',
    source: 'shop',
  },
};

onEveryStore('imports', (open) => {
  const made = async () => {
    const store = await open();
    const profiles = profileStore(store);
    const events = eventStore(store);
    const identities = identityStore(store);
    const options = (path: string) => ({ path, cwd: folder, dataDir: folder, identities });
    return {
      store,
      profiles,
      events,
      consents: consentStore(store),
      profilesFrom: (path: string, mapping: ProfileMapping = {}) =>
        importProfiles(profiles, mapping, options(path)),
      eventsFrom: (path: string, mapping: EventMapping = {}) =>
        importEvents({ events, retention: parseRetention(undefined) }, mapping, options(path)),
    };
  };

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

  test('customers and orders find each other by the customer number, in whatever order they come', async () => {
    const { store, profiles, events, profilesFrom, eventsFrom } = await made();
    const identities = identityStore(store);
    const shop = (value: string) => ({ externalIds: [{ source: 'shop', value }] });
    const mapping = { externalIds: { shop: '{Customer}' }, type: 'order' };
    const orders = await file(
      'csv',
      'Customer,at,key,total,email\n17,2024-05-01,a,5,\n018,2024-05-02,b,6,\n17,2024-05-03,c,7,\n,2024-05-03,d,7,\n',
    );
    expect(await eventsFrom(orders, { ...mapping, profiles: 'refuse' })).toMatchObject({ refused: 4 });
    expect(await readFile(`${orders}.refused.csv`, 'utf8')).toContain('no profile has its external ids');
    expect(await eventsFrom(orders, mapping)).toMatchObject({ added: 3, refused: 1, profilesAdded: 2 });
    const [ann] = await identities.find([shop('17')]);
    expect((await events.timeline(ann ?? 0, 5)).map(({ properties }) => properties)).toEqual([
      { total: '7' },
      { total: '5' },
    ]);
    expect(await eventsFrom(orders, mapping)).toMatchObject({ added: 0, unchanged: 3, profilesAdded: 0 });

    const customers = (rows: string) => file('csv', `email,Customer,city\n${rows}`);
    const names = { externalIds: { shop: '{Customer}' } };
    const path = await customers('ann@example.com,17,Bonn\nbob@example.com,,Ulm\ncid@example.com,19,Köln\n');
    expect(await profilesFrom(path, names)).toMatchObject({ added: 2, updated: 1 });
    expect(await profiles.byEmail('ann@example.com')).toMatchObject({
      id: ann,
      attributes: { city: 'Bonn' },
    });
    expect((await profiles.byEmail('ann@example.com'))?.attributes).toEqual({ city: 'Bonn' });
    expect(await profilesFrom(path, names)).toMatchObject({ added: 0, updated: 0, unchanged: 3 });
    const cid = (await profiles.byEmail('cid@example.com'))?.id;
    expect(await identities.find([shop('19')])).toEqual([cid]);
    // The shop says that customer 17 has another address now.
    const moved = await customers('ann@new.example,17,Bonn\n');
    expect(await profilesFrom(moved, names)).toMatchObject({ added: 0, unchanged: 1 });
    expect(await profiles.byEmail('ann@example.com')).toMatchObject({ id: ann, email: 'ann@new.example' });
    await expect(profilesFrom(moved, { externalIds: { email: '{Customer}' } })).rejects.toThrow(/Dear's own/);
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

  test('order lines become profiles and events with a mapping, and twice is once', async () => {
    const { profiles, events, profilesFrom, eventsFrom } = await made();
    const path = await file('csv', orders);
    const mapping = { email: orderEmail, attributes: { country: '{Country}' }, consent: { offers: 'in' } };
    expect(await profilesFrom(path, mapping)).toMatchObject({ rows: 6, added: 2, merged: 3, refused: 1 });
    expect((await profiles.byEmail('customer-13047@example.test'))?.attributes).toEqual({
      country: 'Austria',
    });
    expect(await profilesFrom(path, mapping)).toMatchObject({ added: 0, updated: 0, unchanged: 2 });
    const report = await eventsFrom(path, orderMapping);
    expect(report).toMatchObject({ rows: 6, added: 3, unchanged: 1, refused: 2, profilesAdded: 0 });
    expect(report.reasons).toEqual(
      expect.arrayContaining([
        { reason: 'CustomerID is empty', count: 1 },
        { reason: 'UnitPrice is not a number', count: 1 },
      ]),
    );
    const id = (await profiles.byEmail('customer-17850@example.test'))?.id ?? 0;
    expect(await events.timeline(id, 9)).toMatchObject([
      { type: 'cancel', at: Date.UTC(2011, 6, 1, 7, 26), properties: { quantity: -6 } },
      {
        type: 'order',
        at: Date.UTC(2010, 11, 1, 8, 26),
        properties: { product: 'LANTERN', quantity: 6, price: 2.55, source: 'shop' },
      },
    ]);
    expect(await eventsFrom(path, orderMapping)).toMatchObject({ added: 0, unchanged: 4, refused: 2 });
  });

  test('events of unknown addresses make bare profiles, or are refused', async () => {
    const { profiles, consents, eventsFrom } = await made();
    const path = await file(
      'ndjson',
      [
        '{"email":"ann@example.com","type":"view","at":1300000000,"properties":{"sku":"a"},"page":2}',
        '{"email":"ann@example.com","type":"view","at":1300000000,"page":2,"properties":{"sku":"a"}}',
        '{"email":"bob@example.com","type":"view","at":"2999-01-01","key":"b1"}',
        '{"email":"bob@example.com","type":"view","at":0}',
        '{"email":"bob@example.com","type":"<b>","at":1300000000}',
        '{"email":"bob@example.com","at":1300000000}',
      ].join('\n'),
    );
    expect(await eventsFrom(path, { profiles: 'refuse' })).toMatchObject({
      added: 0,
      refused: 6,
      profilesAdded: 0,
    });
    expect(await eventsFrom(path)).toMatchObject({ added: 1, unchanged: 1, refused: 4, profilesAdded: 1 });
    const id = (await profiles.byEmail('ann@example.com'))?.id ?? 0;
    expect(await consents.of(id)).toEqual([]);
  });

  test('a key of the source decides what is the same event', async () => {
    const { eventsFrom } = await made();
    const path = await file(
      'csv',
      'email,type,at,id,n\na@x.de,view,2024-01-01,1,1\na@x.de,view,2024-01-01,1,2\na@x.de,view,2024-01-01,,2\n',
    );
    expect(await eventsFrom(path, { key: '{id}' })).toMatchObject({ added: 1, unchanged: 1, refused: 1 });
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

onEveryStore('imports that cannot go well', (open) => {
  const attempt = async (path: string, mapping: ProfileMapping = {}, more = {}) => {
    const store = await open();
    return importProfiles(profileStore(store), mapping, { path, cwd: folder, dataDir: folder, ...more });
  };

  test('files that cannot be read say so', async () => {
    await expect(attempt(join(folder, 'missing.csv'))).rejects.toThrow(
      /missing\.csv cannot be read: there is no such file/,
    );
    await expect(attempt(folder)).rejects.toThrow(/it is a folder/);
    await expect(attempt(await file('csv.gz', 'email\na@x.de\n'))).rejects.toThrow(/is not packed with gzip/);
    await expect(attempt(await file('csv', 'PK\u0003\u0004 and so on'))).rejects.toThrow(/ZIP or Excel/);
    await expect(attempt(await file('csv', ''))).rejects.toThrow(/it is empty/);
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
    const options = (path: string) => ({ path, cwd: folder, dataDir: folder });
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
    expect(report.refusedFile).toBe(join(folder, 'stdin.refused.jsonl'));
  });

  test('interrupted, it keeps whole batches, and goes on when repeated', async () => {
    const store = await open();
    const profiles = profileStore(store);
    const rows = Array.from({ length: 40_000 }, (_, index) => `p${index}@example.com,${'x'.repeat(20)}`);
    const path = await file('csv', `email,x\n${rows.join('\n')}\n`);
    const stop = new AbortController();
    const options = { path, cwd: folder, dataDir: folder };
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
});
