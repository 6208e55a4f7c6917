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

  test('a key that stands in a web page ties no id to somebody who is known', async () => {
    const { post, profile, key, call, http, identities } = await made();
    const site = await key('site');
    const profilesKey = await key('profiles');
    const traits = { email: email('victim'), name: 'Vera' };
    await post('identify', { userId: 'V5', traits });
    await post('identify', { userId: 'V6', traits: { name: 'Nameless' } });
    const victim = await profile('userId', 'V5');
    await post('alias', { userId: 'MINE', previousId: 'V5' }, site);
    await post('alias', { userId: 'MINE6', previousId: 'V6' }, site);
    // Of a customer whom the shop will have only later.
    await post('alias', { userId: 'MINE7', previousId: 'V7' }, site);
    await post('identify', { userId: 'V7', traits: { email: email('seventh'), name: 'Sven' } });
    await post('identify', { userId: 'EVIL', traits: { email: email('victim') } }, site);
    await post('identify', { anonymousId: 'browser', traits: { email: email('victim') } }, site);
    await post('page', { userId: 'V5', anonymousId: 'browser', messageId: 'p' }, site);
    for (const userId of ['MINE', 'MINE6', 'MINE7', 'EVIL']) {
      await post('identify', { userId, anonymousId: 'browser', traits: { email: email(`of-${userId}`) } });
      const stranger = await call(profilesKey, {
        method: 'POST',
        url: '/api/profiles',
        payload: { email: email(`stranger-${userId}`), externalIds: { userId } },
      });
      expect(stranger.statusCode).toBe(200);
      expect((await profile('userId', userId))?.attributes).toEqual({});
    }
    expect(await profile('userId', 'V5')).toMatchObject({ id: victim?.id, ...{ email: email('victim') } });
    expect(await profile('userId', 'V6')).toMatchObject({ email: undefined });
    expect(await profile('userId', 'V7')).toMatchObject({ email: email('seventh') });
    expect((await identities.externalIdsOf(victim?.id ?? 0)).map(({ value }) => value)).toEqual(['V5']);
    await http.close();
  });

  test('a shop whose web pages alone speak still knows its customers', async () => {
    const { post, profile, timeline, key, http } = await made();
    const site = await key('site');
    const say = (path: string, payload: object) => post(path, payload, site);
    await say('page', { anonymousId: 'x', name: 'Home', messageId: 's1' });
    const traits = { email: email('sue'), size: 'M' };
    await say('identify', { anonymousId: 'x', userId: 'sue', traits });
    await say('track', { anonymousId: 'x', userId: 'sue', event: 'Order Completed', messageId: 's2' });
    // At another browser, which was looked around with before.
    await say('page', { anonymousId: 'y', name: 'Home', messageId: 's3' });
    await say('identify', { anonymousId: 'y', userId: 'sue', traits: { ...traits, size: 'L' } });
    await say('track', { anonymousId: 'y', userId: 'sue', event: 'Order Completed', messageId: 's4' });
    expect(await profile('userId', 'sue')).toMatchObject({ email: email('sue'), attributes: { size: 'L' } });
    const types = (await timeline('userId', 'sue')).map(({ type }) => type);
    expect(types.toSorted()).toEqual(['merged', 'order', 'order', 'page', 'page']);
    for (const browser of ['x', 'y'])
      expect(await profile('anonymousId', browser)).toMatchObject({ email: email('sue') });
    // Known by number first, then by address; and by an alias at the sign-up.
    await say('track', { userId: 'tom', event: 'Order Completed', messageId: 's5' });
    await say('identify', { userId: 'tom', traits: { email: email('tom') } });
    expect(await profile('userId', 'tom')).toMatchObject({ email: email('tom') });
    await say('page', { anonymousId: 'z', messageId: 's6' });
    await say('alias', { userId: 'zoe', previousId: 'z' });
    expect((await timeline('userId', 'zoe')).map(({ type }) => type)).toEqual(['page']);
    await http.close();
  });

  test('a number that lost digits names nobody', async () => {
    const { post, profile, call, key, http, identities } = await made();
    const secret = await key('profiles');
    const [big, near] = ['9007199254740993', '9007199254740992'];
    const body = (fields: string) => `{${fields}, "event": "Seen", "messageId": "${fields.length}"}`;
    const refused = (path: string) => ({
      status: 400,
      body: {
        success: false,
        refused: [{ index: 0, path, message: expect.stringMatching(/as a number .* in quotes/) }],
      },
    });
    expect(await post('track', body(`"userId": ${big}`))).toMatchObject(refused('userId'));
    expect(await post('track', body(`"anonymousId": ${big}`))).toMatchObject(refused('anonymousId'));
    expect(await post('track', body('"userId": 4.10'))).toMatchObject(refused('userId'));
    expect(await post('alias', body(`"userId": 1, "previousId": ${big}`))).toMatchObject(
      refused('previousId'),
    );
    expect(await post('group', body(`"userId": "g", "groupId": ${big}`))).toMatchObject(refused('groupId'));
    for (const value of [near, '1', '4.1', 'g']) expect(await profile('userId', value)).toBeUndefined();
    await post('track', body('"userId": 4711'));
    await post('track', body(`"userId": "${big}"`));
    expect(await profile('userId', '4711')).toBeDefined();
    expect((await identities.find([{ externalIds: [{ source: 'userId', value: big }] }]))[0]).toBeDefined();

    const headers = { 'content-type': 'application/json' };
    const payload = `[{"externalIds": {"shop": ${big}}, "attributes": {"a": 1}},
      {"externalIds": {"shop": "1"}, "attributes": {"code": 12345678901234567890}},
      {"externalIds": {"shop": 2}, "attributes": {"price": 0.1, "share": 0.30000000000000004, "far": 6.02e23}}]`;
    const answer = await call(secret, { method: 'POST', url: '/api/profiles', payload, headers });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      207,
      {
        profiles: [{ index: 2 }],
        refused: [
          { index: 0, path: 'externalIds.shop', message: expect.stringContaining('in quotes') },
          { index: 1, path: 'attributes', message: expect.stringContaining('in quotes') },
        ],
      },
    ]);
    expect((await profile('shop', '2'))?.attributes).toEqual({
      price: 0.1,
      share: 0.1 + 0.2,
      far: 6.02e23,
    });
    await http.close();
  });
});
