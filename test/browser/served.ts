import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { listenHttp } from '../../src/http/server.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { chromiumPath } from '../servers/chromium.ts';

/** The public pages on a port of this machine, and a browser to look at them. */
export interface Served {
  readonly store: Store;
  readonly server: PublicServer;
  readonly base: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function serveToChromium(own: Parameters<typeof publicServer>[2] = {}): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-browser-'));
  const store = await openStore(join(folder, 'dear.db'), 'a secret of the tests');
  const server = publicServer(store, undefined, own);
  const base = `http://127.0.0.1:${await listenHttp(server.http, { host: '127.0.0.1', port: 0 })}`;
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  return {
    store,
    server,
    base,
    browser,
    close: async () => {
      await browser.close();
      await server.http.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
