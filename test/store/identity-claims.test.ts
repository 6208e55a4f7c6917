import { expect, test } from 'vitest';
import type { Identifiers } from '../../src/profiles/identity.ts';
import { identityStore } from '../../src/store/identity.ts';
import { importing, inputFolder } from '../profiles/import/importing.ts';
import { onEveryStore } from '../stores.ts';

const trusted = { create: true, by: 'the shop', changeEmail: true } as const;
const anybody = { create: true, by: 'a web page', isPublic: true } as const;
const user = (value: string, email?: string): Identifiers => ({
  email: email && `${email}@example.com`,
  externalIds: [{ source: 'userId', value }],
});
const address = (email: string): Identifiers => ({ email: `${email}@example.com`, externalIds: [] });

const { file, folder } = inputFolder();

onEveryStore('ids that only a web page gave', (open) => {
  const made = async () => {
    const store = await open();
    return { ...importing(store, folder()), identities: identityStore(store) };
  };

  test('go to whom the shop says they belong, and change no address of whoever had them', async () => {
    const { identities, profiles, events } = await made();
    // Written before either was a customer: one's own id beside another's address, one's address beside another's id.
    const [early] = await identities.resolve([user('MINE', 'victim')], 1, anybody);
    const [thief] = await identities.resolve([user('V6', 'thief')], 1, anybody);
    expect(await identities.resolve([user('V5', 'victim')], 2, trusted)).toEqual([early]);
    const [mine, sixth] = await identities.resolve(
      [user('MINE', 'stranger'), user('V6', 'sixth')],
      3,
      trusted,
    );
    expect(new Set([early, thief, mine, sixth]).size).toBe(4);
    for (const [name, id] of Object.entries({ victim: early, stranger: mine, sixth, thief })) {
      expect((await profiles.byEmail(`${name}@example.com`))?.id).toBe(id);
    }
    expect(await identities.find([user('MINE'), user('V5'), user('V6')])).toEqual([mine, early, sixth]);
    const told = (await events.timeline(early ?? 0, 10)).map(({ type, properties }) => [
      type,
      properties.profile,
    ]);
    expect(told).toEqual([['conflict', mine]]);
    // Later changes are plain, also from the side of who lost the id.
    expect(await identities.resolve([user('MINE', 'moved'), user('V6', 'moved6')], 4, trusted)).toEqual([
      mine,
      sixth,
    ]);
    expect(await identities.resolve([user('V7', 'thief')], 5, trusted)).toEqual([thief]);
  });

  test('are as good as any other once the shop has said the same', async () => {
    const { identities, profiles } = await made();
    const [ann, ben] = await identities.resolve([user('a', 'ann'), user('b')], 1, anybody);
    await identities.resolve([user('a', 'ann'), user('b', 'ben')], 2, trusted);
    await identities.resolve([user('a', 'ann2'), user('b', 'ben2')], 3, trusted);
    expect((await profiles.byEmail('ann@example.com'))?.email).toBe('ann2@example.com');
    expect(await identities.find([address('ann2'), address('ben2')])).toEqual([ann, ben]);
    // What a web page told of a number belongs to the customer of whom the shop says that it is theirs.
    const [cy] = await identities.resolve([address('cy')], 4, trusted);
    const [visits] = await identities.resolve([user('c')], 4, anybody);
    expect(await identities.resolve([user('c', 'cy')], 5, trusted)).toEqual([cy]);
    expect(await identities.find([{ profileId: visits, externalIds: [] }])).toEqual([cy]);
  });

  test('are seen through by imports', async () => {
    const { identities, profiles, profilesFrom, eventsFrom } = await made();
    const [early] = await identities.resolve([user('MINE', 'victim')], 1, anybody);
    await identities.resolve([user('OTHER', 'victim2')], 1, anybody);
    const mapping = { externalIds: { userId: '{id}' } };
    const people = await file('csv', 'email,id\nstranger@example.com,MINE\nvictim@example.com,V5\n');
    expect(await profilesFrom(people, mapping)).toMatchObject({ added: 1, refused: 0 });
    expect((await profiles.byEmail('victim@example.com'))?.id).toBe(early);
    expect(await identities.find([user('MINE'), user('V5')])).toEqual(
      await identities.find([address('stranger'), address('victim')]),
    );
    const orders = await file('csv', 'email,id,at,type\nstranger2@example.com,OTHER,2024-05-01,order\n');
    expect(await eventsFrom(orders, mapping)).toMatchObject({ added: 1, profilesAdded: 1 });
    expect(await identities.find([user('OTHER')])).toEqual(await identities.find([address('stranger2')]));
  });
});
