import { asc, eq } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { arrivalStore } from '../../src/store/arrivals.ts';
import type { Store } from '../../src/store/database.ts';
import { readerStore } from '../../src/store/readers.ts';
import type { ArrivalStore, Finding, NewArrival } from '../../src/tracking/arrivals.ts';
import { foldArrivals } from '../../src/tracking/fold.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('the arrivals', (open) => {
  let store: Store;
  let arrivals: ArrivalStore;
  beforeAll(async () => {
    store = await open();
    arrivals = arrivalStore(store);
  });

  const open_ = (send: number, at: number): NewArrival => ({ kind: 'open', at, facts: { send } });
  const click = (send: number, link: number, at: number): NewArrival => ({
    kind: 'click',
    at,
    facts: { send, link, url: 'https://shop.example.test/spring', agent: 'a browser' },
  });
  const fold = (signal?: AbortSignal, readMail = neverAMail) =>
    foldArrivals({ arrivals, readMail, log: { warn: () => undefined }, now: () => 9000 }, signal);
  const neverAMail = async (): Promise<Finding> => ({ state: 'unmatched', note: 'no mail was expected' });
  const sendRow = async (id: number) => {
    const { sends } = store.tables;
    const [row] = await store.orm.select().from(sends).where(eq(sends.id, id));
    return row;
  };
  const eventsOf = (profileId: number) => {
    const { events } = store.tables;
    return store.orm.select().from(events).where(eq(events.profileId, profileId)).orderBy(asc(events.key));
  };
  const states = async () => {
    const rows = await store.orm.select({ state: store.tables.arrivals.state }).from(store.tables.arrivals);
    return new Set(rows.map((row) => row.state));
  };

  test('become one event each and the earliest mark, however often they are repeated', async () => {
    const { sendId, profileId, runId } = await sentLetter(store);
    await arrivals.add([
      open_(sendId, 300),
      open_(sendId, 200),
      click(sendId, 0, 500),
      click(sendId, 1, 450),
    ]);
    expect(await fold()).toBe(4);
    await arrivals.add([open_(sendId, 100), open_(sendId, 900), click(sendId, 1, 1000)]);
    expect(await fold()).toBe(3);
    expect(await fold()).toBe(0);
    expect(await sendRow(sendId)).toMatchObject({
      openedAt: 100,
      clickedAt: 450,
      repliedAt: null,
      state: 'accepted',
    });
    const letter = { campaign: 'spring', run: runId, send: sendId, variant: 'plain' };
    const url = 'https://shop.example.test/spring';
    expect(await eventsOf(profileId)).toMatchObject([
      {
        key: `clicked:${sendId}:0`,
        type: 'clicked',
        at: 500,
        properties: { ...letter, link: 0, url },
        receivedAt: 9000,
      },
      { key: `clicked:${sendId}:1`, type: 'clicked', at: 450, properties: { ...letter, link: 1, url } },
      { key: `opened:${sendId}`, type: 'opened', at: 200, properties: letter },
    ]);
    expect(await states()).toEqual(new Set(['folded']));
  });

  test('a click without its picture implies the open in the ledger, but makes up no event', async () => {
    const { sendId, profileId } = await sentLetter(store);
    await arrivals.add([click(sendId, 0, 500)]);
    await fold();
    expect(await sendRow(sendId)).toMatchObject({ openedAt: 500, clickedAt: 500 });
    expect((await eventsOf(profileId)).map((event) => event.type)).toEqual(['clicked']);
  });

  test('evidence resolves a send whose fate was unknown, and no other', async () => {
    const unknown = await sentLetter(store, { state: 'unknown' });
    const failed = await sentLetter(store, { state: 'failed' });
    await arrivals.add([open_(unknown.sendId, 5), open_(failed.sendId, 5)]);
    await fold();
    expect(await sendRow(unknown.sendId)).toMatchObject({ state: 'accepted', openedAt: 5 });
    expect((await sendRow(unknown.sendId))?.detail).toContain('later');
    expect(await sendRow(failed.sendId)).toMatchObject({ state: 'failed', openedAt: 5, detail: null });
  });

  test('what cannot be matched or read is kept with a note and stops nothing', async () => {
    const { sendId } = await sentLetter(store);
    await arrivals.add([open_(987_654, 5), open_(sendId, 6)]);
    const { arrivals: table } = store.tables;
    await store.orm.insert(table).values([
      { kind: 'open', state: 'new', at: 1, facts: { send: 'x' } },
      { kind: 'smoke signal', state: 'new', at: 1, facts: {} },
    ]);
    await arrivals.add([
      { kind: 'mail', at: 7, facts: { from: '', to: [] }, raw: Buffer.from([0, 255, 13]) },
    ]);
    const broken = async (): Promise<Finding> => {
      throw new Error('not a mail');
    };
    expect(await fold(undefined, broken)).toBe(5);
    expect((await sendRow(sendId))?.openedAt).toBe(6);
    const left = await store.orm
      .select()
      .from(table)
      .where(eq(table.state, 'unmatched'))
      .orderBy(asc(table.id));
    expect(left.map((row) => row.note)).toEqual([
      'its letter is no longer kept',
      'its facts cannot be read',
      "nothing is known about arrivals of the kind 'smoke signal'",
      'it could not be read: not a mail',
    ]);
    expect(left.at(-1)?.raw).toEqual(Buffer.from([0, 255, 13]));
  });

  test('several folders at once fold everything once', async () => {
    const letters = await Promise.all(Array.from({ length: 40 }, () => sentLetter(store)));
    const hits = letters.flatMap(({ sendId }, index) =>
      Array.from({ length: 40 }, (_, turn) =>
        turn % 2 ? open_(sendId, turn + 1) : click(sendId, index % 3, turn + 1),
      ),
    );
    for (let from = 0; from < hits.length; from += 400) await arrivals.add(hits.slice(from, from + 400));
    const counts = await Promise.all([fold(), fold(), fold()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(1600);
    for (const { profileId, sendId } of letters) {
      expect((await eventsOf(profileId)).map((event) => event.type)).toEqual(['clicked', 'opened']);
      expect(await sendRow(sendId)).toMatchObject({ openedAt: 1, clickedAt: 1 });
    }
  });

  test('a fold that was interrupted is repeated without harm', async () => {
    const { sendId, profileId } = await sentLetter(store);
    await arrivals.add([open_(sendId, 5)]);
    const crash: ArrivalStore = {
      ...arrivals,
      fold: (judged, now) =>
        store.transaction(async (tx) => {
          await arrivalStore({ ...tx, transaction: (work) => work(tx) }).fold(judged, now);
          throw new Error('the power failed');
        }),
    };
    const log = { warn: () => undefined };
    await expect(foldArrivals({ arrivals: crash, readMail: neverAMail, log })).rejects.toThrow(
      'the power failed',
    );
    expect((await sendRow(sendId))?.openedAt).toBeNull();
    expect(await fold()).toBe(1);
    expect(await eventsOf(profileId)).toHaveLength(1);
    expect(await fold(AbortSignal.abort())).toBe(0);
  });

  test('an unsubscribe takes effect with its arrival, once, and can be taken back', async () => {
    const readers = readerStore(store);
    const { sendId, profileId } = await sentLetter(store, { topic: 'news' });
    const consent = async () => {
      const { consents } = store.tables;
      return (await store.orm.select().from(consents).where(eq(consents.profileId, profileId))).at(0);
    };
    const history = () => {
      const { consentChanges } = store.tables;
      return store.orm.select().from(consentChanges).where(eq(consentChanges.profileId, profileId));
    };
    const both = await Promise.all([
      readers.optOut(sendId, 'one-click', 10, undefined),
      readers.optOut(sendId, 'unsubscribe link', 11, 'a browser'),
    ]);
    expect(both.map((reader) => reader?.topics)).toEqual(Array(2).fill([{ topic: 'news', state: 'out' }]));
    expect(await history()).toHaveLength(1);
    expect((await consent())?.state).toBe('out');
    await readers.optIn(sendId, 20, undefined);
    await readers.optIn(sendId, 21, undefined);
    expect(await consent()).toMatchObject({ state: 'in', source: 'unsubscribe taken back', at: 20 });
    expect((await history()).map((change) => change.state)).toEqual(['out', 'in']);
    await fold();
    expect((await sendRow(sendId))?.unsubscribedAt).toBe(10);
    expect((await sendRow(sendId))?.openedAt).toBeNull();
    expect((await eventsOf(profileId)).map((event) => event.key)).toEqual([
      `resubscribed:${sendId}`,
      `unsubscribed:${sendId}`,
    ]);
    expect(await readers.optOut(999_999, 'one-click', 1, undefined)).toBeUndefined();
  });

  test('nobody gets in by taking back what they never did', async () => {
    const readers = readerStore(store);
    const { sendId } = await sentLetter(store, { consent: 'none' });
    expect((await readers.optIn(sendId, 5, undefined))?.topics).toEqual([{ topic: 'offers', state: 'out' }]);
    expect((await readers.optOut(sendId, 'one-click', 6, undefined))?.topics).toEqual([
      { topic: 'offers', state: 'out' },
    ]);
  });
});
