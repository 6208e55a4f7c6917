import { gzipSync } from 'node:zlib';
import { Analytics } from '@segment/analytics-node';
import { expect, test } from 'vitest';
import { listenHttp } from '../../../src/http/server.ts';
import { NOW, segmentServer } from '../../fixtures/segment-server.ts';
import { onEveryStore } from '../../stores.ts';

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();

onEveryStore('the calls of Segment', (open) => {
  const made = async (eventNames?: string) => segmentServer(await open(), eventNames);

  test('identify joins what an anonymous visitor did to the customer', async () => {
    const { post, profile, timeline, http } = await made();
    const success = { status: 200, body: { success: true } };
    expect(await post('page', { anonymousId: 'a1', name: 'Home', messageId: 'm1' })).toEqual(success);
    expect(await post('track', { anonymousId: 'a1', event: 'Product Viewed', messageId: 'm2' })).toEqual(
      success,
    );
    const traits = { email: 'Ann@Example.com', plan: 'gold', address: { city: 'York' } };
    expect(await post('identify', { anonymousId: 'a1', userId: 'u1', traits })).toEqual(success);
    expect(await post('track', { userId: 'u1', event: 'Order Completed', messageId: 'm3' })).toEqual(success);
    expect(await profile('userId', 'u1')).toMatchObject({
      email: 'ann@example.com',
      attributes: { plan: 'gold', address: { city: 'York' } },
    });
    expect(await profile('anonymousId', 'a1')).toEqual(await profile('userId', 'u1'));
    const types = (await timeline('anonymousId', 'a1')).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['page', 'view', 'order']));
    // The same customer, first known by address and then by id.
    await post('identify', { userId: 'u2', traits: { email: 'ann@example.com' } });
    expect((await profile('userId', 'u2'))?.id).toBe((await profile('userId', 'u1'))?.id);
    await http.close();
  });

  test('alias, group, screen and batches, in the order in which they happened', async () => {
    const { post, profile, timeline, http } = await made('Signed Up=signup; Plan Left = left');
    await post('batch', {
      batch: [
        { type: 'track', anonymousId: 'x', event: 'Signed Up', messageId: 'b1' },
        { type: 'screen', anonymousId: 'x', name: 'Start', messageId: 'b2' },
        { type: 'group', userId: 'y', groupId: 'g', traits: { name: 'Ltd' }, messageId: 'b3' },
        { type: 'alias', previousId: 'x', userId: 'y' },
        { type: 'track', userId: 'y', event: 'Überweisung  erhalten!', messageId: 'b4' },
        { type: 'track', userId: 'y', event: 'plan left', messageId: 'b5' },
      ],
    });
    expect((await profile('anonymousId', 'x'))?.id).toBe((await profile('userId', 'y'))?.id);
    const events = await timeline('userId', 'y');
    const types = new Set(events.map(({ type }) => type));
    for (const type of ['signup', 'screen', 'group', 'uberweisungErhalten', 'left'])
      expect(types).toContain(type);
    expect(events.find(({ type }) => type === 'group')?.properties).toEqual({ groupId: 'g', name: 'Ltd' });
    await http.close();
  });

  test('the error of the sender’s clock is taken out, and a message sent again counts once', async () => {
    const { post, timeline, http } = await made();
    const ahead = NOW + 17 * MINUTE;
    const call = { userId: 't', event: 'A', timestamp: iso(ahead - 5 * MINUTE), sentAt: iso(ahead) };
    await post('track', call);
    // Sent again later, without an id: its own time is the same.
    await post('track', { ...call, sentAt: iso(ahead + MINUTE) });
    await post('track', { userId: 't', event: 'B', timestamp: iso(NOW - 60 * MINUTE), messageId: 'm' });
    const forwarded = { originalTimestamp: iso(ahead), sentAt: iso(ahead), receivedAt: iso(NOW) };
    await post('track', { userId: 't', event: 'C', timestamp: iso(NOW - MINUTE), ...forwarded });
    await post('track', { userId: 't', event: 'D' });
    await post('batch', {
      sentAt: iso(ahead),
      batch: [{ type: 'track', userId: 't', event: 'E', timestamp: iso(ahead - MINUTE), messageId: 'e' }],
    });
    const at = Object.fromEntries(
      (await timeline('userId', 't')).map((event) => [event.type, event.at - NOW]),
    );
    expect(at).toEqual({ a: -5 * MINUTE, b: -60 * MINUTE, c: -MINUTE, d: 0, e: -MINUTE });
    expect(await timeline('userId', 't')).toHaveLength(5);
    await http.close();
  });

  test('of the context what helps is kept, and no address of a machine', async () => {
    const { post, timeline, profile, http } = await made();
    const context = {
      ip: '192.0.2.7',
      userAgent: 'Mozilla/5.0',
      locale: 'de-DE',
      page: { path: '/goods/7', url: 'https://shop.example/goods/7', search: '' },
      campaign: { name: 'autumn', source: 'news' },
      traits: { email: 'ctx@example.com' },
    };
    await post('track', { userId: 'c', event: 'View', context, properties: { sku: '7' }, messageId: 'c1' });
    expect((await timeline('userId', 'c'))[0]?.properties).toEqual({
      sku: '7',
      context: {
        locale: 'de-DE',
        page: { path: '/goods/7', url: 'https://shop.example/goods/7' },
        campaign: { name: 'autumn', source: 'news' },
      },
    });
    expect((await profile('userId', 'c'))?.email).toBe('ctx@example.com');
    await http.close();
  });

  test('calls that cannot be read are named, the others stored', async () => {
    const { post, timeline, http } = await made();
    expect(await post('track', { event: 'X' })).toMatchObject({
      status: 400,
      body: {
        success: false,
        refused: [{ index: 0, message: expect.stringContaining('userId or anonymousId') }],
      },
    });
    const { status, body } = await post('batch', {
      batch: [
        { type: 'track', userId: 'r', event: 'Good', messageId: 'r1' },
        { type: 'track', userId: 'r', event: '!!!' },
        { type: 'track', userId: 'r', event: 'X', timestamp: '1970-01-01T00:00:00Z' },
        { type: 'identify', userId: 'r', traits: { email: 'nowhere' } },
        { type: 'alias', userId: 'r' },
        { type: 'dance', userId: 'r' },
        { userId: 'r' },
        7,
      ],
    });
    expect([status, body.success]).toEqual([200, true]);
    const places = body.refused.map(({ index, path }: { index: number; path: string }) => `${index} ${path}`);
    expect(places).toEqual(['1 event', '2 timestamp', '4 previousId', '5 type', '6 type', '7 ']);
    expect(body.problems).toMatchObject([{ index: 3, path: 'traits.email' }]);
    expect(await timeline('userId', 'r')).toHaveLength(1);
    expect(await post('batch', { batch: Array(1001).fill({}) })).toMatchObject({
      status: 413,
      body: { error: { code: 'api.too-many' } },
    });
    await http.close();
  });

  test('an identify with a bad address stores the rest, and names the address', async () => {
    const { post, profile, http, deps, key } = await made();
    const site = await key('site');
    const problem = {
      index: 0,
      code: 'email',
      path: 'traits.email',
      message: expect.stringContaining('no @'),
    };
    const traits = { email: 'nowhere', plan: 'gold' };
    expect(await post('identify', { userId: 'e', anonymousId: 'e0', traits })).toEqual({
      status: 200,
      body: { success: true, problems: [problem] },
    });
    expect(await profile('userId', 'e')).toMatchObject({ email: undefined, attributes: { plan: 'gold' } });
    expect((await profile('anonymousId', 'e0'))?.id).toBe((await profile('userId', 'e'))?.id);
    await post('identify', { userId: 'e', traits: { email: 'e@example.com' } });
    await post('identify', { userId: 'e', traits: { email: 7, plan: 'silver' } });
    expect(await profile('userId', 'e')).toMatchObject({
      email: 'e@example.com',
      attributes: { plan: 'silver' },
    });
    expect(await post('identify', { traits })).toMatchObject({
      status: 400,
      body: { success: false, refused: [{ path: 'traits.email' }] },
    });
    const batch = [
      { type: 'identify', userId: 'f', traits: { plan: 'gold' } },
      { type: 'identify', userId: 'g', traits },
      { type: 'identify', traits },
    ];
    expect(await post('batch', { batch })).toMatchObject({
      status: 200,
      body: { success: true, problems: [{ index: 1 }], refused: [{ index: 2 }] },
    });
    // A web page sends the corrected address next, and gives none to somebody of whom something is kept already.
    expect(await post('identify', { userId: 'h', traits }, site)).toMatchObject({ status: 400 });
    await post('identify', { userId: 'h', traits: { email: 'h@example.com', plan: 'gold' } }, site);
    expect(await profile('userId', 'h')).toMatchObject({ email: 'h@example.com' });
    await http.close();
    const used = (await deps.keys.list()).find(({ scopes }) => !scopes.includes('site'));
    expect(used).toMatchObject({ refused: 2, lastRefusal: expect.stringContaining('traits.email') });
  });

  test('a key that stands in a web page adds, but changes no address and plays no reader', async () => {
    const { post, key, profile, timeline, http } = await made('Hidden=address changed');
    const site = await key('site');
    const eventsOnly = await key('events');
    await post('identify', { userId: 'v', traits: { email: 'v@example.com' } });
    expect(
      await post('identify', { userId: 'v', traits: { email: 'thief@example.com', size: 'M' } }, site),
    ).toMatchObject({ status: 200 });
    expect(await profile('userId', 'v')).toMatchObject({ email: 'v@example.com', attributes: { size: 'M' } });
    await post('identify', { userId: 'w', traits: { size: 'L' } });
    await post('identify', { userId: 'w', traits: { email: 'thief@example.com' } }, site);
    expect(await profile('userId', 'w')).toMatchObject({ email: undefined, attributes: { size: 'L' } });
    const order = { event: 'Order Completed', messageId: 'o-2', properties: { total: 500 } };
    await post('track', { ...order, userId: 'thief' }, site);
    await post('track', { ...order, userId: 'v' });
    await post('track', { ...order, userId: 'v' });
    expect(await timeline('userId', 'v')).toHaveLength(1);
    // A segment may ask whether somebody entered another one.
    for (const event of ['opened', 'Entered', 'left', 'merged', 'Hidden']) {
      expect(await post('track', { userId: 'v', event }, site)).toMatchObject({
        status: 400,
        body: { refused: [{ code: 'type', path: 'event' }] },
      });
    }
    expect(await post('track', { userId: 'v', event: 'opened' })).toMatchObject({ status: 200 });
    expect(await post('identify', { userId: 'v', traits: {} }, eventsOnly)).toMatchObject({ status: 400 });
    await http.close();
  });

  test('snippets: short paths, text/plain, the key in the body, gzip, and other origins', async () => {
    const { http, secret, timeline, call } = await made();
    const payload = JSON.stringify({ anonymousId: 's', event: 'Seen', messageId: 's1', writeKey: secret });
    const headers = { 'content-type': 'text/plain', origin: 'https://shop.example' };
    const sent = await http.inject({ method: 'POST', url: '/v1/t', payload, headers });
    expect([sent.statusCode, sent.headers['access-control-allow-origin']]).toEqual([200, '*']);
    const preflight = await http.inject({
      method: 'OPTIONS',
      url: '/v1/track',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    expect([preflight.statusCode, preflight.headers['access-control-allow-methods']]).toEqual([
      204,
      'GET, POST',
    ]);
    const zipped = await call(secret, {
      method: 'POST',
      url: '/v1/track',
      payload: gzipSync(JSON.stringify({ anonymousId: 's', event: 'Zipped', messageId: 's2' })),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(zipped.statusCode).toBe(200);
    const bomb = await call(secret, {
      method: 'POST',
      url: '/v1/track',
      payload: gzipSync(Buffer.alloc(50_000_000, 32)),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(bomb.statusCode).toBe(413);
    expect((await timeline('anonymousId', 's')).map(({ type }) => type).toSorted()).toEqual([
      'seen',
      'zipped',
    ]);
    const settings = await http.inject({ url: `/v1/projects/${secret}/settings` });
    expect(settings.json()).toMatchObject({
      integrations: { 'Segment.io': { apiKey: secret, apiHost: 'letters.example/v1', protocol: 'https' } },
    });
    expect((await http.inject({ method: 'POST', url: '/v1/t', payload: '{}', headers })).statusCode).toBe(
      401,
    );
    await http.close();
  });

  test('Segment’s own library works unchanged', async () => {
    const { http, secret, profile, timeline } = await made();
    const port = await listenHttp(http, { host: '127.0.0.1', port: 0 });
    const analytics = new Analytics({ writeKey: secret, host: `http://127.0.0.1:${port}`, flushAt: 20 });
    const errors: unknown[] = [];
    analytics.on('error', (error) => errors.push(error));
    analytics.track({ anonymousId: 'lib', event: 'Product Viewed', properties: { sku: 'l-1' } });
    analytics.identify({
      anonymousId: 'lib',
      userId: 'L',
      traits: { email: 'lib@example.com', name: 'Lib' },
    });
    analytics.track({ userId: 'L', event: 'Order Completed', properties: { total: 12.5 } });
    analytics.page({ userId: 'L', name: 'Thanks' });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    expect(await profile('userId', 'L')).toMatchObject({
      email: 'lib@example.com',
      attributes: { name: 'Lib' },
    });
    const events = await timeline('userId', 'L');
    expect(
      events
        .map(({ type }) => type)
        .filter((type) => type !== 'merged')
        .toSorted(),
    ).toEqual(['order', 'page', 'view']);
    await http.close();
  });
});
