import { expect, test } from 'vitest';
import { sealSource } from '../../src/content/source.ts';
import type { TopicBook } from '../../src/profiles/topics.ts';
import { makeSignUp } from '../../src/sign-up/sign-up.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { openSink } from '../fixtures/sink.ts';
import { onEveryStore } from '../stores.ts';
import { book, senderOn } from './sender.ts';

const email = 'ann@example.test';

onEveryStore('the letter that asks', (open) => {
  const translated: TopicBook = {
    ...book,
    topics: book.topics.map((topic) => ({
      ...topic,
      translations: { de: { title: 'Angebote', about: 'Günstiger', wording: 'Ich möchte Angebote' } },
    })),
  };

  test('the built-in letter speaks the languages of the pages', async () => {
    const store = await open();
    const sink = await openSink();
    const sender = senderOn(store, sink.url, { book: translated });
    const signUp = makeSignUp(confirmationStore(store), translated);
    const ask = { topics: ['offers'], source: 'x', at: Date.now() };
    try {
      for (const language of ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'pt'])
        await signUp({ ...ask, email: `${language}@example.test`, language });
      expect(await sender.send()).toBe(8);
      const letters = new Map((await sink.parsed()).map((mail) => [mail.to?.[0]?.address, mail]));
      expect(new Set([...letters.values()].map(({ subject }) => subject)).size).toBe(8);
      const [german, polish] = [letters.get('de@example.test'), letters.get('pl@example.test')];
      expect(german?.subject).toBe('Bitte bestätigen: E-Mails von Shop & Söhne');
      expect(german?.text).toContain('Angebote: Günstiger');
      expect(german?.text).toMatch(/bis zum \d+\. \p{L}+ 20\d\d\./u);
      expect(polish?.subject).toBe('Prosimy o potwierdzenie: wiadomości od Shop & Söhne');
      expect(polish?.text).toContain('Offers: Cheaper <3');
    } finally {
      await sender.close();
      await sink.close();
    }
  });

  test('the letter shows the wording that the page showed, whatever its own language', async () => {
    const store = await open();
    const sink = await openSink();
    const parts = { format: 1 as const, html: 'x', conditions: [], data: {} };
    const text = '{{#each signUp.topics}}{{name}}: {{wording}}{{/each}}';
    const sources = [{ language: 'en', source: sealSource({ ...parts, subject: 'x', text }) }];
    const sender = senderOn(store, sink.url, { sources, book: translated });
    const signUp = makeSignUp(confirmationStore(store), translated);
    const ask = { topics: ['offers'], source: 'x', at: Date.now() };
    try {
      await signUp({ ...ask, email: 'a@example.test', language: 'de' });
      await signUp({ ...ask, email: 'b@example.test', language: 'de', shownIn: '' });
      await signUp({ ...ask, email: 'c@example.test', language: 'de', wording: 'as at the till' });
      expect(await sender.send()).toBe(3);
      const texts = (await sink.parsed()).map((mail) => [mail.to?.[0]?.address, mail.text?.trim()]);
      expect(Object.fromEntries(texts)).toEqual({
        'a@example.test': 'Offers: Ich möchte Angebote',
        'b@example.test': 'Offers: I want offers',
        'c@example.test': 'Offers: as at the till',
      });
    } finally {
      await sender.close();
      await sink.close();
    }
  });

  test('the letter is in the language of the sign-up, else of the profile, and calls by name whom it knows', async () => {
    const store = await open();
    const sink = await openSink();
    const subject = (language: string) => `${language} {{default profile.firstName "friend"}}`;
    const sources = ['en', 'de', 'pt-BR'].map((language) => {
      const parts = { format: 1 as const, html: 'x', text: 'x', conditions: [], data: {} };
      return { language, source: sealSource({ ...parts, subject: subject(language) }) };
    });
    const sender = senderOn(store, sink.url, { sources });
    const signUp = makeSignUp(confirmationStore(store), book);
    const known = { language: 'de', firstName: 'Ann' };
    const at = Date.now();
    await profileStore(store).upsertMany([{ email, attributes: known, consents: [] }], at);
    const request = { topics: ['offers'], source: 'x', at };
    try {
      for (const [to, language] of [
        [email, undefined],
        ['br@example.test', 'pt-br'],
        ['pt@example.test', 'pt'],
        ['at@example.test', 'de-AT'],
        ['no@example.test', 'a language'],
      ] as const)
        await signUp({ ...request, email: to, language });
      expect(await sender.send()).toBe(5);
      const subjects = (await sink.parsed()).map((mail) => [mail.to?.[0]?.address, mail.subject]);
      expect(Object.fromEntries(subjects)).toEqual({
        [email]: 'de Ann',
        'br@example.test': 'pt-BR friend',
        'pt@example.test': 'pt-BR friend',
        'at@example.test': 'de friend',
        'no@example.test': 'en friend',
      });
    } finally {
      await sender.close();
      await sink.close();
    }
  });
});
