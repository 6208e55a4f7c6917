import { expect, test } from 'vitest';
import { segmentServer } from '../../fixtures/segment-server.ts';
import { onEveryStore } from '../../stores.ts';

onEveryStore('who is who among the calls of Segment', (open) => {
  const made = async () => segmentServer(await open());
  const email = (name: string) => `${name}@example.com`;

  test('two customers at one browser stay two, whoever says so', async () => {
    const { post, profile, timeline, key, http } = await made();
    const site = await key('site');
    for (const secret of [undefined, site]) {
      const name = (of: string) => `${of}${secret === undefined ? 1 : 2}`;
      const shared = { anonymousId: name('shared') };
      const [a, b] = [name('a'), name('b')];
      await post('page', { ...shared, messageId: name('m0') }, secret);
      await post('identify', { userId: a, ...shared, traits: { email: email(a), size: 'S' } }, secret);
      await post('identify', { userId: b, ...shared, traits: { email: email(b), size: 'L' } }, secret);
      await post('track', { userId: b, ...shared, event: 'Order Completed', messageId: name('m1') }, secret);
      const [first, second] = [await profile('userId', a), await profile('userId', b)];
      expect(first).toMatchObject({ email: email(a), attributes: { size: 'S' } });
      expect(second).toMatchObject({ email: email(b), attributes: { size: 'L' } });
      expect((await profile('anonymousId', shared.anonymousId))?.id).toBe(first?.id);
      const [types, others] = [await timeline('userId', a), await timeline('userId', b)];
      expect(types.map(({ type }) => type).toSorted()).toEqual(['conflict', 'page']);
      expect(others.map(({ type }) => type).toSorted()).toEqual(['conflict', 'order']);
      expect(others.find(({ type }) => type === 'conflict')?.properties).toMatchObject({
        profile: first?.id,
        named: 'e-mail, userId, anonymousId',
      });
    }
    await http.close();
  });
});
