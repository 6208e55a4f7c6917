import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { listenHttp } from '../../src/http/server.ts';
import { type Texts, textsIn } from '../../src/http/texts/texts.ts';
import type { TopicBook } from '../../src/profiles/topics.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { chromiumPath } from '../servers/chromium.ts';
import { serveToChromium } from './served.ts';

// A browser on a machine that is busy with other tests takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const topic = (name: string, signUp = true) => ({
  name,
  title: `About ${name}`,
  about: 'A sentence that says what it is, and is long enough to need a second line on a phone.',
  wording: `I would like to get letters about ${name}.`,
  translations: {
    de: {
      title: `Kundenzufriedenheitsbefragungen zu ${name}`,
      about: 'Ein Satz, der sagt, worum es geht, und lang genug ist, um eine zweite Zeile zu brauchen.',
      wording: `Ich möchte E-Mails zu ${name} bekommen und weiß, dass ich sie jederzeit abbestellen kann.`,
    },
  },
  signUp,
  hidden: false,
});
const book: TopicBook = {
  from: { name: 'Shop', address: 'shop@example.test' },
  topics: ['offers', 'club', ...Array.from({ length: 12 }, (_, index) => `topic-${index}`)].map((name) =>
    topic(name),
  ),
};
const phone = { width: 360, height: 740 };
const desk = { width: 1200, height: 900 };

describe.skipIf(chromiumPath() === undefined)('the public pages in Chromium', () => {
  let close: (() => Promise<void>) | undefined;
  let store: Store;
  let server: PublicServer;
  let browser: Browser;
  let base: string;

  beforeAll(async () => {
    ({ store, server, base, browser, close } = await serveToChromium({ topics: book }));
  });
  afterAll(() => close?.());

  /** A page, and what the browser complained of meanwhile (its security policy, its errors). */
  const withPage = async (options: BrowserContextOptions, work: (page: Page) => Promise<void>) => {
    const context = await browser.newContext(options);
    const complaints: string[] = [];
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    try {
      await work(page);
      return complaints;
    } finally {
      await context.close();
    }
  };

  const reader = async () => {
    const letter = await sentLetter(store, { timeZone: 'Europe/Berlin' });
    const { profileId } = letter;
    await consentStore(store).change(profileId, 'club', 'pending', 5, 'sign-up page');
    const events = ['opened', 'order', 'something-of-a-very-long-name-without-any-space-in-it'].map(
      (type) => ({
        key: `${type} ${profileId}`,
        profileId,
        type,
        at: 1e12,
        properties: { sku: 'x'.repeat(80) },
      }),
    );
    await eventStore(store).addMany(events, 1e12);
    return { ...letter, url: `${base}/p/${server.tokens.of(letter.sendId).preferences}` };
  };

  const texts = (language: string): Texts => {
    const found = textsIn(language);
    if (found === undefined) throw new Error(`the pages do not speak ${language}`);
    return found;
  };

  /** Every page that a customer can come to, by name; buttons are found by what they say. */
  const pages: Record<string, (page: Page, say: Texts) => Promise<void>> = {
    preferences: async (page) => void (await page.goto((await reader()).url)),
    'preferences without a topic': async (page) => {
      const bare = publicServer(store);
      const { sendId } = await sentLetter(store, { consent: 'none' });
      const port = await listenHttp(bare.http, { host: '127.0.0.1', port: 0 });
      await page.goto(`http://127.0.0.1:${port}/p/${bare.tokens.of(sendId).preferences}`);
      await bare.http.close();
    },
    'preferences with mistakes': async (page, say) => {
      await page.goto((await reader()).url);
      await page.check('input[value=own]');
      await page.fill('#max', '999');
      await page.fill('#pausedUntil', '2020-01-01');
      await page.fill('#quietFrom', '22:00');
      await page.click(`text=${say.preferences.save}`);
      await page.waitForSelector('[role=alert]');
    },
    'preferences after saving': async (page, say) => {
      await page.goto((await reader()).url);
      await page.click(`text=${say.preferences.save}`);
      await page.waitForSelector('[role=status]');
    },
    'preferences after stopping all': async (page, say) => {
      await page.goto((await reader()).url);
      await page.getByRole('button', { name: say.preferences.stop }).click();
      await page.waitForSelector('[role=status]');
    },
    'what is stored': async (page) => {
      await page.goto(`${(await reader()).url}/data`);
      for (const summary of await page.locator('summary').all()) await summary.click();
    },
    'the question before erasing': async (page) => void (await page.goto(`${(await reader()).url}/erase`)),
    'a wrong answer before erasing': async (page) => {
      await page.goto(`${(await reader()).url}/erase`);
      await page.fill('#email', 'wrong@example.test');
      await page.click('button');
      await page.waitForSelector('[role=alert]');
    },
    unsubscribing: async (page) => {
      const { sendId } = await reader();
      await page.goto(`${base}/u/${server.tokens.of(sendId).unsubscribe}`);
    },
    'sign-up': async (page) => void (await page.goto(`${base}/s`)),
    'a sign-up with mistakes': async (page) => {
      await page.goto(`${base}/s`);
      await page.click('button');
      await page.waitForSelector('[role=alert]');
    },
    confirming: async (page) => {
      await server.http.inject({
        method: 'POST',
        url: '/s',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `email=reader-${Math.random()}%40example.test&topic=offers&topic=topic-1`,
      });
      const [newest] = await confirmationStore(store).list(1);
      await page.goto(`${base}/s/${server.confirmTokens.of(newest?.id ?? 0)}`);
    },
    'a yes of an address that must not be mailed': async (page, say) => {
      await pages.confirming?.(page, say);
      const [newest] = await confirmationStore(store).list(1);
      const address = newest?.address ?? '';
      await suppressionStore(store).add([{ address, reason: 'no such mailbox', source: 'x', at: 1 }]);
      await page.click('button:not(.quiet)');
      await page.waitForSelector(`text=${say.signUp.blockedTitle}`);
    },
    'a link that leads nowhere': async (page) => void (await page.goto(`${base}/p/x`)),
    home: async (page) => void (await page.goto(base)),
  };

  const check = async (
    name: string,
    language: string,
    options: BrowserContextOptions & { viewport: typeof desk },
  ) => {
    // The policy of the pages lets no script in, not even the one that looks at them.
    await withPage({ ...options, locale: language, bypassCSP: true }, async (page) => {
      await pages[name]?.(page, texts(language));
      // Legacy: without frames there is nothing to gather in a page of its own, which costs a renderer.
      const { violations } = await new AxeBuilder({ page })
        .setLegacyMode(true)
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(options.viewport.width);
    });
  };

  test.each(Object.keys(pages))(
    '%s: passes the rules of axe, light and dark, on a desk and on a phone',
    async (name) => {
      await check(name, 'en', { viewport: desk, colorScheme: 'light' });
      await check(name, 'en', { viewport: phone, colorScheme: 'dark' });
    },
  );

  test.each(Object.keys(pages))(
    '%s: passes them in German, whose words are long, on a phone',
    async (name) => {
      await check(name, 'de', { viewport: phone, colorScheme: 'light' });
    },
  );

  test('everything works without JavaScript, under the policy, on a phone', async () => {
    const { url, profileId } = await reader();
    const complaints = await withPage({ viewport: phone, javaScriptEnabled: false }, async (page) => {
      await page.goto(url);
      await page.uncheck('input[name=topic][value=offers]');
      await page.check('input[name=topic][value=topic-3]');
      await page.check('input[name=often][value=important]');
      await page.fill('#quietFrom', '21:30');
      await page.fill('#quietTo', '07:00');
      await page.selectOption('#timeZone', 'Asia/Tokyo');
      await page.selectOption('#language', 'pt-BR');
      await page.click('text=Save my choices');
      // From here on in the language that was just chosen.
      const say = texts('pt');
      expect(await page.textContent('[role=status]')).toContain(say.preferences.saved);
      await page.click(`text=${say.preferences.dataLink}`);
      expect(page.url()).toBe(`${url}/data`);
      const download = page.waitForEvent('download');
      await page.click(`text=${say.data.download}`);
      expect((await download).suggestedFilename()).toBe('my-data.json');
      await page.click(`text=${say.data.eraseLink}`);
      await page.click(`text=${say.data.keep}`);
      expect(page.url()).toBe(url);
    });
    expect(complaints).toEqual([]);
    const profile = (await profileStore(store).byIds([profileId])).get(profileId);
    expect(profile).toMatchObject({
      frequency: { importantOnly: true },
      quietHours: { from: 21 * 60 + 30, to: 7 * 60 },
      timeZone: 'Asia/Tokyo',
      attributes: { language: 'pt-BR' },
    });
    const states = await consentStore(store).of(profileId);
    expect(states.map(({ topic, state }) => `${topic} ${state}`)).toEqual([
      'club pending',
      'offers out',
      'topic-3 in',
    ]);
  });

  test('a customer erases themselves with two presses and their address', async () => {
    const { url, profileId } = await reader();
    const address = (await profileStore(store).byIds([profileId])).get(profileId)?.email ?? '';
    await withPage({ viewport: phone, javaScriptEnabled: false }, async (page) => {
      await page.goto(`${url}/data`);
      await page.click('text=Erase everything about me');
      await page.fill('#email', address);
      await page.getByRole('button').click();
      expect(await page.textContent('h1')).toBe('Everything about you is erased');
      await page.goto(url);
      expect(await page.textContent('h1')).toBe('Nothing is stored about you any more');
    });
    expect((await profileStore(store).byIds([profileId])).size).toBe(0);
  });

  test('nothing is loaded from elsewhere, and no address of ours leaks', async () => {
    const { url } = await reader();
    await withPage({ viewport: desk }, async (page) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      const answer = await page.goto(url);
      expect(asked).toEqual([url]);
      const headers = answer?.headers() ?? {};
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
      const policy = headers['content-security-policy'] ?? '';
      for (const part of [
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]) {
        expect(policy).toContain(part);
      }
      expect(policy).not.toContain('unsafe');
    });
  });
});
