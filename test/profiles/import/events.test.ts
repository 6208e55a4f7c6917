import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { EventMapping } from '../../../src/profiles/import/mapping.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { onEveryStore } from '../../stores.ts';
import { importing, inputFolder } from './importing.ts';

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

const { file, folder } = inputFolder();

onEveryStore('imports', (open) => {
  const made = async () => importing(await open(), folder());

  test('rows of JSON Lines whose ids are numbers that lost digits are refused', async () => {
    const { store, eventsFrom, profilesFrom } = await made();
    const identities = identityStore(store);
    const row = (fields: string) => `{"at":"2024-05-01","type":"order",${fields}}`;
    const path = await file(
      'jsonl',
      [
        row('"id":9007199254740993,"key":"a"'),
        row('"id":1,"key":9007199254740993'),
        row('"id":2,"key":"b","code":12345678901234567890'),
        row('"id":"9007199254740993","key":"c","total":0.1'),
        row('"id":4,"key":5'),
      ].join('\n'),
    );
    const mapping = { externalIds: { shop: '{id}' } };
    expect(await eventsFrom(path, mapping)).toMatchObject({ added: 2, refused: 3, profilesAdded: 2 });
    const why = await readFile(`${path}.refused.jsonl`, 'utf8');
    expect(why.match(/in quotes/g)).toHaveLength(3);
    const people = await file(
      'jsonl',
      '{"id":12345678901234567890}\n{"id":10000000000000000000}\n{"id":7}\n',
    );
    expect(await profilesFrom(people, mapping)).toMatchObject({ added: 1, refused: 2 });
    const named = (value: string) => ({ externalIds: [{ source: 'shop', value }] });
    const found = await identities.find(
      ['9007199254740992', '1', '2', '9007199254740993', '4', '7'].map(named),
    );
    expect(found.map((id) => id !== undefined)).toEqual([false, false, false, true, true, true]);
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

  test('rows of a file that tell who others of its rows are count for them, wherever they stand', async () => {
    const { store, events, eventsFrom } = await made();
    const mapping = {
      externalIds: { shop: '{Customer}', till: '{Till}', crm: '{Crm}', web: '{Web}' },
      type: 'order',
    };
    const of = (...rows: string[]) => file('csv', ['Customer,Till,Crm,Web,at,total', ...rows].join('\n'));
    const before = await of('1,,,,2024-05-01,1', ',9,,,2024-05-01,2');
    expect(await eventsFrom(before, mapping)).toMatchObject({ added: 2, profilesAdded: 2 });
    // The first row names nobody whom we know; the next two tell that it names both.
    const telling = await of(
      ',,5,6,2024-05-02,3',
      '1,,5,,2024-05-02,4',
      ',9,,6,2024-05-02,5',
      ',,5,6,2024-05-03,6',
    );
    for (const counts of [
      { added: 4, profilesAdded: 0, refused: 0 },
      { added: 0, unchanged: 4, refused: 0 },
    ]) {
      expect(await eventsFrom(telling, { ...mapping, profiles: 'refuse' })).toMatchObject(counts);
      const one = (source: string, value: string) => ({ externalIds: [{ source, value }] });
      const found = await identityStore(store).find([
        one('shop', '1'),
        one('till', '9'),
        one('crm', '5'),
        one('web', '6'),
      ]);
      expect(new Set(found).size).toBe(1);
      const timeline = await events.timeline(found[0] ?? 0, 20);
      expect(timeline.filter(({ type }) => type === 'order')).toHaveLength(6);
    }
    const lines = await of(
      '2,,,,2024-05-01,1',
      '2,,,,2024-05-01,2',
      '3,,,,2024-05-01,1',
      '1,,,,2024-05-04,1',
    );
    expect(await eventsFrom(lines, mapping)).toMatchObject({ added: 4, profilesAdded: 2 });
  });

  test.each([0, 2500])(
    'a key tells one event only; rows that say something else are counted (%i)',
    async (more) => {
      const { events, profiles, profilesFrom, eventsFrom } = await made();
      const others = Array.from({ length: more }, (_, index) => `m${index},order,2024-05-01,m@example.com,1`);
      const of = (...rows: string[]) =>
        file('csv', ['key,type,at,email,total', ...rows, ...others].join('\n'));
      const first = await of('1,order,2024-05-01,ann@example.com,5', '2,order,2024-05-02,ben@example.com,6');
      expect(await eventsFrom(first)).toMatchObject({ added: 2 + more, restated: 0, refused: 0 });
      const again = await of(
        '1,order,2024-05-01,Ann@EXAMPLE.com,5',
        '2,order,2024-05-02,ben@example.com,7',
        '1,return,2024-05-03,ann@example.com,5',
        '2,order,2024-05-02,cid@example.com,6',
      );
      expect(await eventsFrom(again)).toMatchObject({
        added: 0,
        unchanged: 2 + more,
        restated: 1,
        refused: 2,
        reasons: [{ count: 2, reason: expect.stringContaining('another event') }],
      });
      expect(await readFile(`${again}.refused.csv`, 'utf8')).toMatch(/^4,.*return.*\n5,.*cid@example.com/m);
      const [ben] = (await profiles.idsOf(['ben@example.com'])).values();
      expect((await events.timeline(ben ?? 0, 5)).map(({ properties }) => properties)).toEqual([
        { total: '6' },
      ]);

      // The old address still leads to the one who has another by now.
      const shop = { externalIds: { shop: '{Customer}' } };
      await profilesFrom(await file('csv', 'email,Customer\nann@example.com,17\n'), shop);
      await profilesFrom(await file('csv', 'email,Customer\nann@new.example,17\n'), shop);
      expect(await eventsFrom(first)).toMatchObject({
        added: 0,
        unchanged: 2 + more,
        restated: 0,
        refused: 0,
      });
      const named = await file(
        'csv',
        'key,type,at,Customer,total\n1,order,2024-05-01,17,5\n2,order,2024-05-02,17,6\n',
      );
      expect(await eventsFrom(named, shop)).toMatchObject({ unchanged: 1, restated: 0, refused: 1 });
      expect(await readFile(`${named}.refused.csv`, 'utf8')).toMatch(/^3,/m);
    },
  );

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
});
