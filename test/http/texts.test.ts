import { describe, expect, test } from 'vitest';
import { spokenLanguages, type Texts, textsIn } from '../../src/http/texts/texts.ts';

const languages = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'pt'];
const say = (language: string): Texts => {
  const texts = textsIn(language);
  if (texts === undefined) throw new Error(`no texts in ${language}`);
  return texts;
};

/** What sentences are asked with that do not just take names. */
const values: readonly (readonly [path: RegExp, values: readonly unknown[]])[] = [
  [/^\.preferences\.usual$/, [{ max: 3, per: 'week' }]],
  [/^\.data\.happened/, [{ campaign: '<campaign>', url: '<url>', how: '<how>' }]],
  [/\.historyLine$/, ['pending', '<topic>', '<source>']],
  [/\.history$/, [3]],
  [/\.(newestEvents|lettersShown)$/, [3, 9]],
  [/\.eventSums$/, ['<kind>', 3, '<first>', '<last>']],
];

/** Everything that is said, by where it stands; what takes values is asked with some. */
function sentences(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const given = values.find(([pattern]) => pattern.test(path))?.[1] ?? ['<one>', '<two>'];
    return sentences(Reflect.apply(value, undefined, given), path);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => sentences(inner, `${path}.${name}`));
}

test('the pages speak eight languages, English first', () => {
  expect(spokenLanguages).toEqual(languages);
  expect(textsIn('ja')).toBeUndefined();
});

describe.each(languages)('in %s', (language) => {
  const own = new Map(sentences(say(language)));
  const english = new Map(sentences(say('en')));

  test('there is every text, and none of them is empty but for a half of a sentence', () => {
    expect([...own.keys()]).toEqual([...english.keys()]);
    for (const [path, text] of own) {
      expect(text, path).toBe(text.replace(/ {2,}/g, ' '));
      if (!/\.\d$/.test(path)) expect(text.trim(), path).not.toBe('');
    }
  });

  test('values stand in the sentences that take them', () => {
    for (const [path, text] of english) {
      const values = [...text.matchAll(/<\w+>/g)].map(([value]) => value).sort();
      const halves = path.replace(/\.\d$/, '');
      const whole = [...own].filter(([other]) => other === path || other.replace(/\.\d$/, '') === halves);
      const found = [
        ...whole
          .map(([, one]) => one)
          .join(' ')
          .matchAll(/<\w+>/g),
      ].map(([value]) => value);
      expect(found.sort(), path).toEqual(expect.arrayContaining(values));
    }
  });

  // English is what the others are compared with.
  if (language !== 'en') {
    test('nothing stayed English', () => {
      const same = [...own].filter(([path, text]) => text.length > 10 && english.get(path) === text);
      expect(same.filter(([path]) => path !== '.home.title')).toEqual([]);
    });
  }
});

test('numbers and counts have the forms of the language', () => {
  const history = (language: string, ...counts: number[]) =>
    counts.map((count) => say(language).data.history(count).replaceAll('\u00a0', ' '));
  expect(history('pl', 1, 2, 5, 12, 22, 112)).toEqual([
    'Historia (1 wpis)',
    'Historia (2 wpisy)',
    'Historia (5 wpisów)',
    'Historia (12 wpisów)',
    'Historia (22 wpisy)',
    'Historia (112 wpisów)',
  ]);
  expect(history('en', 1, 2)).toEqual(['The history of it (1 entry)', 'The history of it (2 entries)']);
  expect(history('fr', 0, 1, 2)).toEqual([
    'Historique (0 entrée)',
    'Historique (1 entrée)',
    'Historique (2 entrées)',
  ]);
  expect(history('de', 1, 12_345)).toEqual(['Verlauf (1 Eintrag)', 'Verlauf (12.345 Einträge)']);
  const sums = (language: string, count: number) => say(language).data.eventSums('X', count, 'a', 'b');
  expect(sums('pl', 1)).toBe('X: 1 raz, a');
  expect(sums('pl', 3)).toBe('X: 3 razy, od a do b');
  expect(sums('en', 1)).toBe('X: once, on a');
  expect(sums('es', 1_000_000)).toBe('X: 1.000.000 veces, del a al b');
  const usual = (max: number) => say('pl').preferences.usual({ max, per: 'week' });
  expect([1, 2].map(usual)).toEqual(['najwyżej 1 wiadomość na tydzień', 'najwyżej 2 wiadomości na tydzień']);
});

test.each(languages.filter((language) => language !== 'en'))(
  'no line ends within an e-mail in %s',
  (language) => {
    for (const [path, text] of sentences(say(language))) expect(text, path).not.toMatch(/e-mail/i);
  },
);

test('French keeps its punctuation on the line of the word before', () => {
  for (const [path, text] of sentences(say('fr'))) expect(text, path).not.toMatch(/ [;:?!»]|« /);
});
