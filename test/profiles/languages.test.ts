import { expect, test } from 'vitest';
import { languageAmong, languageTag } from '../../src/profiles/languages.ts';

test.each<[unknown, string | undefined]>([
  ['de', 'de'],
  ['DE', 'de'],
  ['de-at', 'de-AT'],
  [' de_AT ', 'de-AT'],
  ['pt-br', 'pt-BR'],
  ['zh-hans-cn', 'zh-Hans-CN'],
  ['German', 'german'],
  ['', undefined],
  ['*', undefined],
  ['a language', undefined],
  ['d', undefined],
  [`de-${'a'.repeat(40)}`, undefined],
  [7, undefined],
  [undefined, undefined],
])('%j as a tag is %j', (given, tag) => {
  expect(languageTag(given)).toBe(tag);
});

test.each<[string, string[], string | undefined]>([
  ['de', ['en', 'de'], 'de'],
  ['de-AT', ['en', 'de'], 'de'],
  ['de_AT', ['en', 'de'], 'de'],
  ['de-AT', ['de', 'de-AT'], 'de-AT'],
  ['pt-BR', ['en', 'pt'], 'pt'],
  ['pt', ['en', 'pt-BR'], 'pt-BR'],
  ['pt-PT', ['en', 'pt-BR'], 'pt-BR'],
  ['zh-Hans-CN', ['zh', 'zh-Hans'], 'zh-Hans'],
  ['p', ['pt'], undefined],
  ['xx', ['en', 'de'], undefined],
  ['', ['en', 'de'], undefined],
  ['de', [], undefined],
])('%s among %j is %s', (wanted, available, found) => {
  expect(languageAmong(available, wanted)).toBe(found);
});
