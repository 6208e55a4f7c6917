import { expect, test } from 'vitest';
import type { Delivery, Incoming, IntakeStore } from '../../src/profiles/intake.ts';
import { makeIntake } from '../../src/profiles/make-intake.ts';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { intakeStore } from '../../src/store/intake.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';
import { merge, two } from './merging.ts';

const delivery = (...items: Incoming[]): Delivery => ({ items, by: 'api key shop', receivedAt: 10 });
const someone = (email: string) => ({ who: { email, externalIds: [] }, changeEmail: false, isPublic: false });
const order = (key: string, email: string): Incoming => ({
  kind: 'event',
  ...someone(email),
  key,
  type: 'order',
  at: 5,
  properties: { total: 3 },
});
const city = (email: string, name: string): Incoming => ({
  kind: 'profile',
  ...someone(email),
  change: { attributes: { city: name }, consents: [] },
});

/** An intake whose first group waits before it is stored, and the order in which things happen. */
function held(store: Store, firstFails = false) {
  const happened: string[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const identities = identityStore(store);
  const real = intakeStore(store, defaultTraitSettings);
  let calls = 0;
  const hold = async () => {
    calls += 1;
    if (calls > 1) return;
    happened.push('stores');
    await released;
    if (firstFails) throw new Error('the disk is full');
  };
  const waiting: IntakeStore = {
    ...real,
    addEvents: (events) => hold().then(() => real.addEvents(events)),
    changeProfiles: (changes, now) => hold().then(() => real.changeProfiles(changes, now)),
  };
  const intake = makeIntake({
    identities: {
      ...identities,
      resolve: (batch, now, options) => {
        happened.push(`looks for ${batch.map(({ email }) => email).join(' ')}`);
        return identities.resolve(batch, now, options);
      },
    },
    store: waiting,
  });
  const until = async (what: string) => {
    await expect.poll(() => happened.join(', '), { timeout: 5000 }).toContain(what);
  };
  return { intake, happened, release, until };
}

onEveryStore('taking in', (open) => {
  test('looks up whom the next group is about while one is stored, and no further ahead', async () => {
    const store = await open();
    const { intake, happened, release, until } = held(store);
    const first = intake.take(delivery(order('1', 'a@example.com')));
    await until('stores');
    const second = intake.take(delivery(order('2', 'b@example.com')));
    await until('looks for b@example.com');
    const third = intake.take(delivery(order('3', 'c@example.com')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(happened).toEqual(['looks for a@example.com', 'stores', 'looks for b@example.com']);
    release();
    expect((await Promise.all([first, second, third])).flat()).toMatchObject([
      { state: 'added' },
      { state: 'added' },
      { state: 'added' },
    ]);
  });

  test('says so only when it is on the disk, and stores more meanwhile', async () => {
    const store = await open();
    const waits: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const intake = makeIntake({
      identities: identityStore(store),
      store: {
        ...intakeStore(store, defaultTraitSettings),
        kept: () => new Promise((resolve, reject) => waits.push({ resolve, reject })),
      },
    });
    const told: string[] = [];
    const take = (key: string) =>
      intake.take(delivery(order(key, 'a@example.com'))).then(
        () => told.push(`${key} is stored`),
        (error: Error) => told.push(`${key}: ${error.message}`),
      );
    const first = take('1');
    await expect.poll(() => waits.length, { timeout: 5000 }).toBe(1);
    const second = take('2');
    await expect.poll(() => waits.length, { timeout: 5000 }).toBe(2);
    expect(told).toEqual([]);
    waits[1]?.resolve();
    await second;
    waits[0]?.reject(new Error('the disk is full'));
    await first;
    expect(told).toEqual(['2 is stored', '1: the disk is full']);
  });

  test('closing stores what waits for either step', async () => {
    const store = await open();
    const { intake, release, until } = held(store);
    const first = intake.take(delivery(order('1', 'a@example.com')));
    await until('stores');
    const others = ['b', 'c', 'd'].map((name) => intake.take(delivery(order(name, `${name}@example.com`))));
    await until('looks for b@example.com');
    const closed = intake.close();
    release();
    await closed;
    expect((await Promise.all([first, ...others])).flat()).toMatchObject(
      Array.from({ length: 4 }, () => ({ state: 'added' })),
    );
    await expect(intake.take(delivery(order('5', 'e@example.com')))).rejects.toMatchObject({
      code: 'grouped.closed',
    });
  });

  test('changes the survivor when a profile is merged after it was looked up', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const { intake, release, until } = held(store);
    const change = intake.take(delivery(city('reader-2@example.test', 'Bonn')));
    await until('stores');
    await merge(store, stays, goes);
    release();
    expect(await change).toEqual([{ state: 'updated', profileId: stays }]);
    const survivor = await profileStore(store).byEmail('reader-1@example.test');
    expect(survivor?.attributes).toMatchObject({ city: 'Bonn' });
  });

  test('looks everybody up again when a group failed and its deliveries are stored one by one', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const { intake, happened, release, until } = held(store, true);
    const together = [
      intake.take(delivery(order('1', 'reader-2@example.test'))),
      intake.take(delivery(order('2', 'reader-1@example.test'))),
    ];
    await until('stores');
    await merge(store, stays, goes);
    release();
    expect((await Promise.all(together)).flat()).toEqual([
      { state: 'added', profileId: stays },
      { state: 'added', profileId: stays },
    ]);
    expect(happened.slice(2)).toEqual(['looks for reader-2@example.test', 'looks for reader-1@example.test']);
    const summary = await eventStore(store).summary(stays);
    expect(summary.find(({ type }) => type === 'order')?.count).toBe(2);
  });
});
