import { expect, test } from 'vitest';
import type { ConsentChange } from '../../src/profiles/consent.ts';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { intakeStore } from '../../src/store/intake.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { readerStore } from '../../src/store/readers.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { onEveryStore } from '../stores.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 24, 12);
/** What a source says whose clock is ahead, or that names a wrong zone. */
const AHEAD = START + 20 * HOUR;

type Tell = (store: Store, who: { id: number; email: string }, said: ConsentChange, now: number) => unknown;

const ways: [string, Tell][] = [
  ['an import', (store, { email }, said, now) => tellInFile(store, email, [said], now)],
  [
    'an import that says it twice',
    (store, { email }, said, now) => tellInFile(store, email, [said, said], now),
  ],
  [
    'the API',
    (store, { id }, said, now) =>
      intakeStore(store, defaultTraitSettings).changeProfiles(
        [{ profileId: id, change: { attributes: {}, consents: [said] } }],
        now,
      ),
  ],
  [
    'a single statement',
    (store, { id }, said, now) => consentStore(store).changeMany([{ ...said, profileId: id }], now),
  ],
];

function tellInFile(store: Store, email: string, said: readonly ConsentChange[], now: number) {
  const changes = said.map((one) => ({ email, attributes: {}, consents: [one] }));
  return profileStore(store).upsertMany(changes, now);
}

onEveryStore('a consent whose moment lies ahead', (open) => {
  let made = 0;
  const someone = async (store: Store) => {
    made += 1;
    const email = `ahead-${made}@example.test`;
    const { sendId, profileId } = await sentLetter(store, { email, consent: 'in' });
    return { id: profileId, email, sendId };
  };
  const said = (state: 'in' | 'out', at: number): ConsentChange => ({
    topic: 'club',
    state,
    at,
    source: 'a file',
  });
  const standingOf = async (store: Store, id: number) =>
    (await consentStore(store).of(id)).find(({ topic }) => topic === 'club');
  const historyOf = async (store: Store, id: number) =>
    (await consentStore(store).history(id)).flatMap(({ topic, state, at }) =>
      topic === 'club' ? [[state, at]] : [],
    );

  test.each(ways)('by %s counts as now, and what is said later wins for good', async (_name, tell) => {
    const store = await open();
    const who = await someone(store);
    await tell(store, who, said('in', AHEAD), START);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'in', at: START });
    // The same file again is no news.
    await tell(store, who, said('in', AHEAD), START + HOUR);
    expect(await historyOf(store, who.id)).toEqual([['in', START]]);
    await readerStore(store).stopAll(who.sendId, START + 2 * HOUR);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'out' });
    for (const later of [3, 19, 20, 21, 500]) await tell(store, who, said('in', AHEAD), START + later * HOUR);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'out', at: START + 2 * HOUR });
    expect(await historyOf(store, who.id)).toEqual([
      ['in', START],
      ['out', START + 2 * HOUR],
    ]);
    // Another statement, made since, is news.
    await tell(store, who, said('in', START + 40 * HOUR), START + 600 * HOUR);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'in', at: START + 40 * HOUR });
  });

  test.each(ways)('by %s gives way to an opt-out with its own true moment', async (_name, tell) => {
    const store = await open();
    const who = await someone(store);
    await tell(store, who, said('in', AHEAD), START);
    await tell(store, who, said('out', START + HOUR), START + 2 * HOUR);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'out', at: START + HOUR });
    await tell(store, who, said('in', AHEAD), START + 30 * HOUR);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'out', at: START + HOUR });
  });

  test.each(ways)('by %s of a new profile is remembered as well', async (_name, tell) => {
    const store = await open();
    made += 1;
    const email = `new-${made}@example.test`;
    const profiles = profileStore(store);
    await tellInFile(store, email, [said('in', AHEAD)], START);
    const id = (await profiles.idsOf([email])).get(email) ?? 0;
    await consentStore(store).change(id, 'club', 'out', START + HOUR, 'link', START + HOUR);
    await tell(store, { id, email }, said('in', AHEAD), START + 30 * HOUR);
    expect(await standingOf(store, id)).toMatchObject({ state: 'out', at: START + HOUR });
  });

  test('that was stored as it came gives way too', async () => {
    const store = await open();
    const who = await someone(store);
    const row = { profileId: who.id, topic: 'club', state: 'in', at: AHEAD, source: 'before' };
    await store.orm.insert(store.tables.consents).values(row);
    const out = said('out', START);
    expect(await consentStore(store).changeMany([{ ...out, profileId: who.id }], START)).toBe(1);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'out', at: START });
  });

  test('and says no keeps out whom it names, until they say yes themselves', async () => {
    const store = await open();
    const who = await someone(store);
    await tellInFile(store, who.email, [said('out', AHEAD)], START);
    await consentStore(store).change(who.id, 'club', 'in', START + HOUR, 'page', START + HOUR);
    await tellInFile(store, who.email, [said('out', AHEAD)], START + 30 * HOUR);
    expect(await standingOf(store, who.id)).toMatchObject({ state: 'in' });
  });
});
