import { expect, test } from 'vitest';
import { CUSTOMER } from '../../src/profiles/audit.ts';
import { makePrivacy } from '../../src/profiles/privacy.ts';
import { auditStore } from '../../src/store/audit.ts';
import { impersonalTables, personalTables } from '../../src/store/personal.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { onEveryStore } from '../stores.ts';
import { ADDRESS, lived, NAME } from './person.ts';

onEveryStore('exporting', (open) => {
  test('tells everything of the person, and nothing of others', async () => {
    const store = await open();
    const { id } = await lived(store);
    const privacy = makePrivacy(privacyStore(store), auditStore(store), () => 0);
    const person = await privacy.export(id, CUSTOMER);
    expect(person).toMatchObject({
      format: 'dear.person/1',
      exportedAt: '1970-01-01T00:00:00.000Z',
      profile: { id, email: ADDRESS, attributes: { name: NAME } },
      consents: [{ topic: 'offers', state: 'in', at: '1970-01-01T00:00:00.005Z' }],
      events: expect.arrayContaining([expect.objectContaining({ type: 'replied' })]),
      sends: [
        { campaign: 'autumn', state: 'accepted', decision: { to: { address: ADDRESS } } },
        { campaign: 'winter', state: 'queued' },
      ],
      suppressions: [{ reason: 'complained' }],
    });
    const text = JSON.stringify(person);
    expect(text).toContain('from my other address');
    expect(text).toContain('this answers no letter');
    expect(text).not.toMatch(/stranger|neighbour|leaseToken/);
    await expect(privacy.export(999_999, 'ann')).rejects.toMatchObject({ code: 'profile.unknown' });
  });

  test('every table is said to be personal or not', async () => {
    const store = await open();
    const named = [...personalTables.map(({ name }) => name), ...impersonalTables];
    expect([...named].sort()).toEqual(Object.keys(store.tables).sort());
  });
});
