import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenHttp } from '../../src/http/server.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { publicServer } from '../fixtures/public-server.ts';

describe('the public server', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(':memory:', 'a secret of the tests');
  });
  afterAll(() => store.close());

  test('answers over a real socket, with a page for every path', async () => {
    const { http } = publicServer(store);
    const base = `http://127.0.0.1:${await listenHttp(http, { host: '127.0.0.1', port: 0 })}`;
    const home = await fetch(`${base}/`);
    expect(home.status).toBe(200);
    expect(await home.text()).toContain('This is Dear');
    const health = await fetch(`${base}/health`);
    expect(await health.json()).toEqual({ status: 'ok', database: 'ok' });
    const nowhere = await fetch(`${base}/nowhere`);
    expect(nowhere.status).toBe(404);
    expect(await nowhere.text()).toContain('There is nothing here');
    expect(nowhere.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await fetch(`${base}/`, { method: 'DELETE' })).status).toBe(404);
    await http.close();
    await expect(fetch(`${base}/`)).rejects.toThrow();
  });

  test('says that the database does not answer', async () => {
    const closed = await openStore(':memory:', 'a secret of the tests');
    const { http } = publicServer(closed);
    await closed.close();
    const health = await http.inject({ method: 'GET', url: '/health' });
    expect(health.statusCode).toBe(503);
    expect(health.json()).toEqual({ status: 'failing', database: 'does not answer' });
    await http.close();
  });

  test('a port in use, or an address that is not here, is said with the setting to change', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(listenHttp(publicServer(store).http, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'http.port-in-use',
      mend: expect.stringContaining('HTTP_PORT'),
    });
    other.close();
    await expect(listenHttp(publicServer(store).http, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'http.listen',
      mend: expect.stringContaining('HTTP_HOST'),
    });
  });

  test('closing lets a request in flight be stored and answered', async () => {
    let release: () => void = () => undefined;
    let reached: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const storing = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const arrivals = arrivalStore(store);
    const { http, tokens } = publicServer(store, {
      add: async (items) => {
        reached();
        await held;
        await arrivals.add(items);
      },
    });
    const { sendId } = await sentLetter(store);
    const port = await listenHttp(http, { host: '127.0.0.1', port: 0 });
    const answer = fetch(`http://127.0.0.1:${port}/o/${tokens.of(sendId).open}.gif`);
    await storing;
    const closed = http.close();
    release();
    expect((await answer).status).toBe(200);
    await closed;
    expect(await arrivals.waiting(0, 10)).toMatchObject([{ kind: 'open', facts: { send: sendId } }]);
  });
});
