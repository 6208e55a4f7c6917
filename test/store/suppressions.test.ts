import { expect, test } from 'vitest';
import { customerStore } from '../../src/store/customers.ts';
import { identityStore } from '../../src/store/identity.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { onEveryStore } from '../stores.ts';

const entry = (address: string, at: number, reason = 'complained') => ({
  address,
  reason,
  source: 'test',
  at,
});

onEveryStore('suppressions', (open) => {
  test('of a former address hold for the present one, unless only the mailbox was at fault', async () => {
    const store = await open();
    const identities = identityStore(store);
    const trusted = { create: true, changeEmail: true } as const;
    for (const name of ['ann', 'ben']) {
      const externalIds = [{ source: 'shop', value: name }];
      await identities.resolve([{ email: `${name}@old.example`, externalIds }], 1, trusted);
      await identities.resolve([{ email: `${name}@new.example`, externalIds }], 2, trusted);
    }
    const suppressions = suppressionStore(store);
    const given = [entry('ann@old.example', 3), entry('ben@old.example', 3, 'hard bounce')];
    expect(await suppressions.add(given)).toBe(2);
    expect(await suppressions.get('ann@new.example')).toEqual({
      ...entry('ann@new.example', 3),
      source: 'test (at a former address)',
    });
    expect(await suppressions.get('ben@new.example')).toBeUndefined();
  });

  test('are added once, found in bulk, listed and removed', async () => {
    const store = await open();
    const suppressions = suppressionStore(store);
    expect(await suppressions.add([entry('a@example.com', 1), entry('b@example.com', 2)])).toBe(2);
    expect(await suppressions.add([entry('a@example.com', 9, 'bounced'), entry('c@example.com', 3)])).toBe(1);
    expect(await suppressions.get('a@example.com')).toEqual(entry('a@example.com', 1));
    expect(await suppressions.hasMany(['a@example.com', 'x@example.com'])).toEqual(
      new Map([['a@example.com', 'complained']]),
    );
    expect((await suppressions.list(2)).map((one) => one.address)).toEqual([
      'c@example.com',
      'b@example.com',
    ]);
    expect(await suppressions.remove('b@example.com')).toBe(true);
    expect(await suppressions.remove('b@example.com')).toBe(false);
    expect(await suppressions.count()).toBe(2);
    const profiles = profileStore(store);
    await profiles.ensure(['a@example.com', 'x@example.com'], 1);
    const ids = await profiles.idsOf(['a@example.com', 'x@example.com']);
    const candidates = await customerStore(store).candidates([...ids.values()], 'offers');
    expect(new Map(candidates.map(({ customer, suppressed }) => [customer.email, suppressed]))).toEqual(
      new Map([
        ['a@example.com', 'complained'],
        ['x@example.com', undefined],
      ]),
    );
  });
});
