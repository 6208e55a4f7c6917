import { expect, test } from 'vitest';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { dossierStore } from '../../src/store/dossiers.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { traitStore } from '../../src/store/traits.ts';
import { onEveryStore } from '../stores.ts';

const DAY = 86_400_000;
const NOW = 1000 * DAY;

/** Somebody with something in every table, and others beside. */
async function filled(store: Store) {
  const profiles = profileStore(store);
  const identities = identityStore(store);
  await profiles.upsertMany(
    ['ann', 'ben', 'old'].map((name, index) => ({
      email: `${name}@example.test`,
      attributes: { name, tags: ['a', { b: index }], '"quoted"': "O'Neil" },
      consents: [{ topic: 'offers', state: 'in' as const, at: index + 1, source: 'import' }],
      frequency: { max: 2, per: 'week' as const, importantOnly: true },
      quietHours: { from: 60, to: 120 },
      pausedUntil: 77,
      timeZone: 'Europe/Berlin',
    })),
    5,
  );
  const ids = await profiles.idsOf(['ann', 'ben', 'old'].map((name) => `${name}@example.test`));
  const [ann = 0, ben = 0, old = 0] = [...ids.values()].sort((a, b) => a - b);
  const events = [ann, ann, ann, ben, old].flatMap((profileId, turn) =>
    ['order', 'view', 'opened', 'clicked'].map((type, index) => ({
      key: `${turn} ${index}`,
      profileId,
      type,
      at: NOW - turn * 40 * DAY,
      properties: { total: 10.5 + turn, nested: { list: [1, null, 'x'] } },
    })),
  );
  await eventStore(store).addMany(events, NOW);
  await consentStore(store).change(ann, 'offers', 'out', 40, 'page', 41);
  await identities.resolve([{ profileId: ann, externalIds: [{ source: 'shop', value: "4711'" }] }], 9, {
    create: false,
  });
  await identities.merge(ann, old, { by: 'test', why: 'one person' }, NOW);
  await suppressionStore(store).add([
    { address: 'ann@example.test', reason: 'complaint', source: 'test', at: 3 },
  ]);
  return { ann, ben, old };
}

onEveryStore('dossiers', (open) => {
  test('say what each table says, whichever way the customer is named', async () => {
    const store = await open();
    const { ann, old } = await filled(store);
    const [profiles, consents, events] = [profileStore(store), consentStore(store), eventStore(store)];
    const expected = {
      profile: (await profiles.byIds([ann])).get(ann),
      externalIds: await identityStore(store).externalIdsOf(ann),
      suppression: await suppressionStore(store).get('ann@example.test'),
      consents: await consents.of(ann),
      consentHistory: await consents.history(ann),
      summary: await events.summary(ann),
      traits: await traitStore(store, defaultTraitSettings).of(ann, NOW),
      timeline: await events.timeline(ann, 5),
    };
    expect(expected.traits).toMatchObject({ orders: 4, opens30: 1, opens90: 3 });
    expect(expected.timeline).toHaveLength(5);
    for (const who of [
      { profileId: ann, externalIds: [] },
      { profileId: old, externalIds: [] },
      { email: 'ann@example.test', externalIds: [] },
      { email: 'old@example.test', externalIds: [] },
      { externalIds: [{ source: 'shop', value: "4711'" }] },
      { profileId: 999, email: 'ben@example.com', externalIds: [{ source: 'shop', value: "4711'" }] },
    ]) {
      expect(await dossierStore(store).read(who, 5, NOW)).toEqual(expected);
    }
  });

  test('of somebody of whom nothing is known but an address everything is empty', async () => {
    const store = await open();
    await profileStore(store).ensure(['new@example.test'], 5);
    expect(
      await dossierStore(store).read({ email: 'new@example.test', externalIds: [] }, 5, NOW),
    ).toMatchObject({
      profile: { email: 'new@example.test', attributes: {}, frequency: undefined },
      externalIds: [],
      suppression: undefined,
      consents: [],
      summary: [],
      traits: { orders: 0, stage: 'prospect', opens30: 0 },
      timeline: [],
    });
  });

  test('of nobody there is none', async () => {
    const dossiers = dossierStore(await open());
    for (const who of [
      { profileId: 1, externalIds: [] },
      { email: 'nobody@example.test', externalIds: [] },
      { externalIds: [] },
    ]) {
      expect(await dossiers.read(who, 5)).toBeUndefined();
    }
  });

  test('what was just committed is in it', async () => {
    const store = await open();
    await profileStore(store).ensure(['new@example.test'], 5);
    const id = (await profileStore(store).idsOf(['new@example.test'])).get('new@example.test') ?? 0;
    for (let turn = 1; turn <= 20; turn += 1) {
      const event = { key: `${turn}`, profileId: id, type: 'view', at: turn, properties: {} };
      await eventStore(store).addMany([event], turn);
      const dossier = await dossierStore(store).read({ profileId: id, externalIds: [] }, 5);
      expect(dossier?.summary).toEqual([{ type: 'view', count: turn, first: 1, last: turn }]);
    }
  });
});
