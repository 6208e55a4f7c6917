import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { readerStore } from '../../src/store/readers.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import type { PublicServer } from '../fixtures/public-server.ts';
import { chromiumPath } from '../servers/chromium.ts';
import { serveToChromium } from './served.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describe.skipIf(chromiumPath() === undefined)('a preference page that Chromium comes back to', () => {
  let close: (() => Promise<void>) | undefined;
  let store: Store;
  let server: PublicServer;
  let browser: Browser;
  let base: string;

  beforeAll(async () => {
    ({ store, server, base, browser, close } = await serveToChromium());
  });
  afterAll(() => close?.());

  /** Opens the page without scripts, as a letter's link would, for a reader who is in. */
  const opened = async (work: (page: Page, sendId: number) => Promise<void>) => {
    const { sendId, profileId } = await sentLetter(store, { consent: 'in' });
    const context = await browser.newContext({ javaScriptEnabled: false });
    try {
      const page = await context.newPage();
      await page.goto(`${base}/p/${server.tokens.of(sendId).preferences}`);
      await work(page, sendId);
      return (await consentStore(store).of(profileId))[0]?.state;
    } finally {
      await context.close();
    }
  };
  const save = async (page: Page) => {
    await page.click('text=Save my choices');
    await page.waitForSelector('[role=status]');
  };
  const stop = async (page: Page) => {
    await page.click('text=Stop all letters');
    await page.waitForSelector('[role=status]');
  };

  test('keeps a stop after Back and Save', async () => {
    const state = await opened(async (page) => {
      await stop(page);
      await page.goBack();
      await save(page);
    });
    expect(state).toBe('out');
  });

  test('keeps it when the reader had touched the tick before', async () => {
    const state = await opened(async (page) => {
      await page.uncheck('input[value=offers][type=checkbox]');
      await page.check('input[value=offers][type=checkbox]');
      await page.check('input[value=week]');
      await stop(page);
      await page.goBack();
      await save(page);
    });
    expect(state).toBe('out');
  });

  test('keeps it when the stop was pressed in the mail program, and after a reload', async () => {
    for (const reload of [false, true]) {
      const state = await opened(async (page, sendId) => {
        await readerStore(store).optOut(sendId, 'one-click', Date.now(), undefined);
        if (reload) await page.reload();
        await save(page);
      });
      expect(state).toBe('out');
    }
  });

  test('takes a new tick as a yes', async () => {
    const state = await opened(async (page) => {
      await stop(page);
      await page.check('input[value=offers][type=checkbox]');
      await save(page);
      expect(await page.isChecked('input[value=offers][type=checkbox]')).toBe(true);
    });
    expect(state).toBe('in');
  });
});
