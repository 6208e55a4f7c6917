import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemSchema } from '../../../src/http/api/schemas.ts';
import { listenHttp } from '../../../src/http/server.ts';
import type { IntakeStore } from '../../../src/profiles/intake.ts';
import { defaultTraitSettings } from '../../../src/profiles/trait-settings.ts';
import { auditStore } from '../../../src/store/audit.ts';
import type { Store } from '../../../src/store/database.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { intakeStore } from '../../../src/store/intake.ts';
import { keyStore } from '../../../src/store/keys.ts';
import { openStore } from '../../../src/store/open.ts';
import { apiServer } from '../../fixtures/api-server.ts';

const json = { 'content-type': 'application/json' };
const event = { type: 'order', email: 'a@example.com' };

describe('the API', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(':memory:', 'secret');
  });
  afterAll(() => store.close());

  test('lets in who has a key for it, as Bearer or Basic, and tells others what they need', async () => {
    const { http, key } = apiServer(store);
    const events = await key('events');
    const read = await key('read');
    const post = async (authorization: string | undefined) => {
      const headers = authorization === undefined ? json : { ...json, authorization };
      const answer = await http.inject({ method: 'POST', url: '/api/events', payload: event, headers });
      return answer;
    };
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const good of [`Bearer ${events}`, `bearer ${events}`, basic(`${events}:`), basic(`:${events}`)]) {
      expect((await post(good)).statusCode).toBe(200);
    }
    for (const bad of [
      undefined,
      'Bearer',
      `Bearer ${events}x`,
      basic('ann:secret'),
      `Digest ${events}`,
      'Basic %%%',
    ]) {
      const answer = await post(bad);
      expect(answer.statusCode).toBe(401);
      expect(problemSchema.parse(answer.json()).error).toMatchObject({
        code: 'api.unauthorised',
        mend: expect.stringContaining('Authorization: Bearer'),
      });
    }
    const forbidden = await post(`Bearer ${read}`);
    expect(forbidden.statusCode).toBe(403);
    expect(problemSchema.parse(forbidden.json()).error.message).toContain("needs 'events' (adds events)");
    await http.close();
  });

  test('counts what each key stored and refused, and why', async () => {
    const { http, key, call } = apiServer(store);
    const secret = await key('events');
    await call(secret, { method: 'POST', url: '/api/events', payload: [event, { ...event, at: 'x' }] });
    await http.close();
    const used = (await keyStore(store).list()).find(({ id }) => secret.includes(id));
    expect(used).toMatchObject({
      stored: 1,
      refused: 1,
      lastRefusal: expect.stringMatching(/^at: it is no date/),
    });
    expect(used?.usedAt).toBeGreaterThan(Date.now() - 60_000);
    const noted = await auditStore(store).list({ action: 'change', limit: 10 });
    const entry = { actor: `api key ${used?.name}`, subject: 'profiles', detail: { stored: 1 } };
    expect(noted).toContainEqual(expect.objectContaining(entry));
  });

  test('answers every error as JSON, and writes nothing personal to the log', async () => {
    const { http, key, call, logged } = apiServer(store);
    const secret = await key('events', 'read');
    const problems = [
      await call(secret, { url: '/api/nowhere' }),
      await call(secret, { method: 'DELETE', url: '/api/events' }),
      await call(secret, { url: '/v1/nowhere' }),
      await call(secret, { url: '/api/profiles/nobody@example.com' }),
      await call(secret, { url: '/api/profiles/1?events=many' }),
      await call(secret, {
        method: 'POST',
        url: '/api/events',
        payload: 'x',
        headers: { 'content-type': 'text/csv' },
      }),
      await call(secret, { method: 'POST', url: '/api/events', payload: '', headers: json }),
    ];
    const codes = problems.map(
      (answer) => `${answer.statusCode} ${problemSchema.parse(answer.json()).error.code}`,
    );
    expect(codes).toEqual([
      '404 api.unknown',
      '404 api.unknown',
      '404 api.unknown',
      '404 api.unknown',
      '400 api.request',
      '415 api.media',
      '400 api.body',
    ]);
    expect(logged.join('\n')).not.toMatch(/nobody|dear_/);
    expect((await http.inject({ url: '/nowhere' })).body).toContain('<html');
    await http.close();
  });

  test('tells what it cannot read, and reads what others write', async () => {
    const { http, key, call } = apiServer(store);
    const secret = await key('events', 'profiles', 'read');
    const post = (
      payload: string | Buffer | undefined,
      headers: Record<string, string>,
      url = '/api/events',
    ) => call(secret, { method: 'POST', url, headers, ...(payload !== undefined && { payload }) });
    const text = JSON.stringify(event);
    for (const url of ['/api/events', '/v1/track']) {
      const bad = [
        await post(text, { ...json, 'content-encoding': 'br' }, url),
        await post(gzipSync(text), { ...json, 'content-encoding': 'gzip, gzip' }, url),
        await post(text, { 'content-type': 'application/json; charset=utf-16' }, url),
        await post(undefined, {}, url),
        await post('null', json, url),
      ].map((answer) => ({ status: answer.statusCode, ...problemSchema.parse(answer.json()).error }));
      const packed = { status: 415, code: 'api.media', mend: expect.stringContaining('gzip') };
      expect(bad).toMatchObject([
        { ...packed, message: expect.stringContaining("'br'") },
        packed,
        { status: 415, code: 'api.media', message: expect.stringContaining("'utf-16'") },
        { status: 400, code: 'api.body', mend: expect.stringContaining('one object') },
        { status: 400, code: 'api.body' },
      ]);
    }
    for (const good of [
      await post(`\ufeff${text}`, json),
      await post(text, {
        'content-type': 'application/json;charset="UTF-8"',
        'content-encoding': 'identity',
      }),
      await post(gzipSync(`\ufeff${text}`), { ...json, 'content-encoding': 'GZIP' }),
    ]) {
      expect(good.statusCode).toBe(200);
    }
    for (const [url, status] of [
      ['/api/profiles/%ff', 400],
      [`/api/profiles/${'x'.repeat(500)}`, 414],
      ['/v1/%e0%a4%a', 400],
    ] as const) {
      const answer = await call(secret, { url });
      expect(answer.statusCode).toBe(status);
      expect(problemSchema.parse(answer.json()).error).toMatchObject({ code: 'api.request' });
    }
    const page = await http.inject({ url: '/p/%ff' });
    expect([page.statusCode, page.headers['referrer-policy']]).toEqual([400, 'no-referrer']);
    expect(page.body).toContain('<html');
    await http.close();
  });

  test('says when the database does not answer, and stores the rest when it is back', async () => {
    let down = true;
    const real = intakeStore(store, defaultTraitSettings);
    const flaky: IntakeStore = {
      ...real,
      addEvents: (events) => (down ? Promise.reject(new Error('the disk is full')) : real.addEvents(events)),
    };
    const { http, key, call, logged } = apiServer(store, { intake: flaky });
    const secret = await key('events');
    const send = () =>
      call(secret, { method: 'POST', url: '/api/events', payload: { ...event, id: 'again' } });
    const failed = await send();
    expect(failed.statusCode).toBe(500);
    expect(failed.body).not.toContain('disk');
    expect(logged.join('\n')).toContain('the disk is full');
    down = false;
    expect((await send()).json()).toMatchObject({ added: 1 });
    await http.close();
  });

  test('stores nothing about somebody whom the store will not make a profile for', async () => {
    const identities = identityStore(store);
    const { http, key, call } = apiServer(store, {
      identities: { ...identities, resolve: async (batch) => batch.map(() => undefined) },
    });
    const secret = await key('events');
    const answer = await call(secret, { method: 'POST', url: '/api/events', payload: [event] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ added: 0, refused: [{ index: 0, code: 'erased' }] });
    await http.close();
  });

  test('turns calls away when more waits than can be stored soon', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const real = intakeStore(store, defaultTraitSettings);
    const slow: IntakeStore = { ...real, addEvents: (events) => held.then(() => real.addEvents(events)) };
    const { http, key, call } = apiServer(store, { intake: slow });
    const secret = await key('events');
    const batch = (n: number) =>
      Array.from({ length: 1000 }, (_, place) => ({ ...event, id: `b-${n}-${place}` }));
    const calls = Array.from({ length: 30 }, (_, n) =>
      call(secret, { method: 'POST', url: '/api/events', payload: batch(n) }),
    );
    const turnedAway = await Promise.race(calls);
    expect(turnedAway.statusCode).toBe(503);
    expect(turnedAway.headers['retry-after']).toBe('2');
    expect(problemSchema.parse(turnedAway.json()).error.code).toBe('intake.busy');
    release();
    const answers = await Promise.all(calls);
    const stored = answers.filter(({ statusCode }) => statusCode === 200);
    expect(stored).toHaveLength(20);
    expect(stored.every((answer) => answer.json().added === 1000)).toBe(true);
    await http.close();
  });

  test('a body that says it is too large is not read, and many bodies at once are bounded', async () => {
    const { http, key } = apiServer(store);
    const secret = await key('events');
    const port = await listenHttp(http, { host: '127.0.0.1', port: 0 });
    const begin = (length: number) => {
      const call = request({
        port,
        method: 'POST',
        path: '/api/events',
        headers: { ...json, authorization: `Bearer ${secret}`, 'content-length': length },
      });
      call.on('error', () => undefined);
      call.flushHeaders();
      return call;
    };
    const statusOf = (call: ReturnType<typeof begin>) =>
      new Promise<number | undefined>((resolve) =>
        call.once('response', (answer) => resolve(answer.statusCode)),
      );
    const large = begin(50_000_000);
    expect(await statusOf(large)).toBe(413);
    large.destroy();
    const open = Array.from({ length: 33 }, () => begin(2 * 1024 * 1024));
    const refused = await Promise.race(open.map(statusOf));
    expect(refused).toBe(503);
    // Whoever hangs up makes room again.
    for (const call of open) call.destroy();
    let status = 503;
    for (let tries = 0; tries < 50 && status === 503; tries += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/events`, {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${secret}` },
        body: JSON.stringify(event),
      });
      status = answer.status;
      await answer.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(status).toBe(200);
    await http.close();
  });
});

test('the description fits the routes, and refers to nothing that is not there', async () => {
  const store = await openStore(':memory:', 'secret');
  const { http } = apiServer(store);
  const answer = await http.inject({ url: '/api/openapi.json' });
  const text = answer.body;
  const { openapi, paths, components } = answer.json();
  expect(openapi).toBe('3.1.0');
  expect(Object.keys(paths)).toEqual([
    '/api/events',
    '/api/profiles',
    '/api/profiles/{id}',
    ...['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch'].map((name) => `/v1/${name}`),
  ]);
  const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(new Set(referred)).toEqual(new Set(Object.keys(components.schemas)));
  const body = paths['/api/events'].post.requestBody.content['application/json'].schema;
  expect(body.anyOf[1]).toMatchObject({ type: 'array', maxItems: 1000 });
  await http.close();
  await store.close();
});
