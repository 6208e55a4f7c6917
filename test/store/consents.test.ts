import { expect, test } from 'vitest';
import { consentStore } from '../../src/store/consents.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { consenting } from '../fixtures/consenting.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('consent', (open) => {
  const made = async () => {
    const store = await open();
    const profiles = profileStore(store);
    await profiles.ensure(['a@example.com', 'b@example.com'], 1);
    const ids = await profiles.idsOf(['a@example.com', 'b@example.com']);
    return {
      store,
      consents: consentStore(store),
      a: ids.get('a@example.com') ?? 0,
      b: ids.get('b@example.com') ?? 0,
    };
  };

  test('the newest statement wins, whenever it arrives', async () => {
    const { consents, a } = await made();
    expect(await consents.change(a, 'offers', 'in', 100, 'form')).toBe(true);
    expect(await consents.change(a, 'offers', 'out', 300, 'link')).toBe(true);
    expect(await consents.change(a, 'offers', 'in', 200, 'late import')).toBe(true);
    expect(await consents.of(a)).toEqual([{ topic: 'offers', state: 'out', at: 300, source: 'link' }]);
    expect((await consents.history(a)).map((one) => [one.at, one.state])).toEqual([
      [100, 'in'],
      [200, 'in'],
      [300, 'out'],
    ]);
    expect(await consents.change(a, 'offers', 'in', 200, 'late import')).toBe(false);
    expect(await consents.change(a, 'offers', 'out', 300, 'link')).toBe(false);
    expect(await consents.history(a)).toHaveLength(3);
  });

  test('of the same moment out wins, in either order', async () => {
    const { consents, a, b } = await made();
    await consents.change(a, 'offers', 'in', 100, 'x');
    await consents.change(a, 'offers', 'out', 100, 'y');
    await consents.change(b, 'offers', 'out', 100, 'y');
    await consents.change(b, 'offers', 'in', 100, 'x');
    expect((await consents.of(a))[0]?.state).toBe('out');
    expect((await consents.of(b))[0]?.state).toBe('out');
  });

  test('a statement without a time never undoes an opt-out', async () => {
    const { consents, a } = await made();
    await consents.change(a, 'offers', 'out', 100, 'link');
    expect(await consents.change(a, 'offers', 'in', undefined, 'nightly list', 900)).toBe(false);
    expect((await consents.of(a))[0]?.state).toBe('out');
    await consents.change(a, 'news', 'in', undefined, 'nightly list', 900);
    expect(await consents.change(a, 'news', 'out', undefined, 'nightly list', 950)).toBe(true);
    expect(await consents.of(a)).toEqual([
      { topic: 'news', state: 'out', at: 950, source: 'nightly list' },
      { topic: 'offers', state: 'out', at: 100, source: 'link' },
    ]);
  });

  test('each keeps its words and its proof, in state and history', async () => {
    const { consents, a } = await made();
    const said = { topic: 'offers', source: 'form', wording: 'I agree', proof: 'paper 7' };
    await consents.changeMany([{ profileId: a, state: 'in', at: 5, ...said }], 9);
    await consents.change(a, 'offers', 'out', 8, 'link');
    expect(await consents.of(a)).toEqual([{ topic: 'offers', state: 'out', at: 8, source: 'link' }]);
    expect(await consents.history(a)).toEqual([
      { state: 'in', at: 5, ...said },
      { topic: 'offers', state: 'out', at: 8, source: 'link' },
    ]);
  });

  test('many at once, and who consents', async () => {
    const { store, consents, a, b } = await made();
    const at = 5;
    const recorded = await consents.changeMany(
      [
        { profileId: a, topic: 'offers', state: 'in', at, source: 's' },
        { profileId: a, topic: 'offers', state: 'in', at, source: 's' },
        { profileId: b, topic: 'offers', state: 'out', at, source: 's' },
        { profileId: b, topic: 'news', state: 'in', at, source: 's' },
      ],
      9,
    );
    expect(recorded).toBe(3);
    expect(await consenting(store, [a, b], 'offers')).toEqual(new Set([a]));
    expect(await consenting(store, [a, b], 'news')).toEqual(new Set([b]));
    expect(await consenting(store, [a], 'unknown')).toEqual(new Set());
    expect(await consenting(store, [], 'offers')).toEqual(new Set());
    expect(await consents.changeMany([], 9)).toBe(0);
  });
});
