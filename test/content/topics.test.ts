import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTopics } from '../../src/content/topics.ts';
import { bookIn, topicOf } from '../../src/profiles/topics.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-topics-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = async (file: string) => {
  await writeFile(join(folder, 'topics.yaml'), file);
  return loadTopics(folder);
};

const offers = (translations: string) => `topics:
  offers:
    title: Offers
    about: Cheaper
    wording: I want offers
    translations:
${translations}`;

test('a topic is whole in the language, or whole as it stands first', async () => {
  const book =
    await load(`${offers(`      de: { title: Angebote, about: Günstiger, wording: Ich möchte Angebote }
      pt-BR: { title: Ofertas, about: Mais barato, wording: Quero ofertas }
`)}  club:
    wording: I want the club
    translations:
      de: { wording: Ich möchte zum Club }
  bare: {}
`);
  const read = (name: string, language: string) => {
    const { title, about, wording } = topicOf(bookIn(book, language), name);
    return [title, about, wording];
  };
  const german = ['Angebote', 'Günstiger', 'Ich möchte Angebote'];
  expect(read('offers', 'de')).toEqual(german);
  expect(read('offers', 'de-AT')).toEqual(german);
  expect(read('offers', 'pt')).toEqual(['Ofertas', 'Mais barato', 'Quero ofertas']);
  for (const other of ['en', 'fr', '', 'no language', '__proto__', 'constructor'])
    expect(read('offers', other)).toEqual(['Offers', 'Cheaper', 'I want offers']);
  expect(read('club', 'de')).toEqual(['Club', undefined, 'Ich möchte zum Club']);
  expect(read('bare', 'de')).toEqual(['Bare', undefined, undefined]);
  expect(read('unknown-one', 'de')).toEqual(['Unknown one', undefined, undefined]);
});

test('the topics of the demo are whole in German and French', async () => {
  const book = await loadTopics(join(import.meta.dirname, '../../templates'));
  for (const topic of book.topics) {
    expect(Object.keys(topic.translations ?? {})).toEqual(['de', 'fr']);
  }
});

test.each<[string, string, RegExp]>([
  [
    'a wording that is missing',
    offers('      de: { title: Angebote, about: Günstiger }\n'),
    /topics\.yaml:7: topics\.offers\.translations\.de\.wording: is missing; the topic has one, so write it/,
  ],
  [
    'a title that is missing',
    offers('      de: { about: Günstiger, wording: Ich möchte Angebote }\n'),
    /topics\.yaml:7: topics\.offers\.translations\.de\.title: is missing/,
  ],
  [
    'a wording where the topic has none',
    'topics:\n  offers:\n    title: Offers\n    translations:\n      de:\n        title: Angebote\n        wording: Ich\n',
    /topics\.yaml:7: topics\.offers\.translations\.de\.wording: is said here, but the topic itself has no wording/,
  ],
  [
    'an empty wording',
    offers('      de: { title: Angebote, about: Günstiger, wording: " " }\n'),
    /topics\.yaml:7: topics\.offers\.translations\.de\.wording: must not be empty/,
  ],
  [
    'a misspelt part',
    offers('      de: { titel: Angebote, about: Günstiger, wording: Ich }\n'),
    /topics\.yaml:7: topics\.offers\.translations\.de\.titel is not known here/,
  ],
  ...['german', 'ge', 'DE', 'de_AT', 'xx', 'd', '49'].map((language): [string, string, RegExp] => [
    `a language that is none: ${language}`,
    offers(`      ${language}: { title: Angebote, about: Günstiger, wording: Ich }\n`),
    new RegExp(
      `topics\\.yaml:7: topics\\.offers\\.translations\\.${language}: is no language; write one as 'de' or 'pt-BR'`,
    ),
  ]),
  [
    'translations that are a list',
    'topics:\n  offers:\n    translations: [de]\n',
    /topics\.yaml:3: topics\.offers\.translations: must be languages with their texts/,
  ],
])('%s is refused, with file and line and how to mend it', async (_name, file, message) => {
  await expect(load(file)).rejects.toThrow(message);
});
