import { describe, expect, test } from 'vitest';
import { checkConfirmation, compileConfirmation } from '../../src/content/confirmation.ts';
import { programOf } from '../../src/content/program.ts';
import { confirmationSources } from '../../src/sign-up/sources.ts';
import { workshop } from './workshop.ts';

const layout = `<mjml><mj-head><mj-title>{{subject}}</mj-title></mj-head><mj-body>{{> modules}}</mj-body></mjml>`;
const button = `---
slots:
  label: {}
  href: { type: url }
---
<mj-section><mj-column><mj-button href="{{slots.href}}">{{slots.label}}</mj-button></mj-column></mj-section>
`;
const topics = `<mj-section><mj-column>
  {{#each signUp.topics}}<mj-text>{{name}}{{#if about}}: {{about}}{{/if}}</mj-text>{{/each}}
</mj-column></mj-section>
`;
const words = (html: string) =>
  `<mj-section><mj-column><mj-text>${html}</mj-text></mj-column></mj-section>\n`;

const english = `letters:
  en:
    subject: 'Please confirm, {{default profile.firstName "you"}}'
    layout: bare
    modules:
      - file: ./topics.mjml
      - { module: button, with: { label: 'Yes', href: '{{urls.confirm}}' } }
      - { file: ./shop.mjml }
`;
const files = (letter: string, more: Record<string, string> = {}) => ({
  'layouts/bare.mjml': layout,
  'modules/button.mjml': button,
  'sign-up/topics.mjml': topics,
  'sign-up/shop.mjml': words('<a href="https://shop.example/">Shop</a>, until {{date signUp.expiresAt}}'),
  'sign-up/letter.yaml': letter,
  ...more,
});

const context = {
  profile: { email: 'ann@example.test' },
  data: {},
  modules: {},
  settings: {},
  signUp: {
    sender: 'Shop',
    topics: [
      { name: 'Offers <3', about: undefined },
      { name: 'Club', about: 'Evenings' },
    ],
    requestedAt: '2026-11-24T10:00:00Z',
    expiresAt: '2026-12-01T10:00:00Z',
  },
};
const confirm = 'https://dear.example/s/1.abc';
const urls = {
  open: confirm,
  unsubscribe: `${confirm}/no`,
  confirm,
};

describe('the letter that asks to confirm', () => {
  test('names its own language as its own, unless the file says another', async () => {
    const tagged = `---
settings:
  language: { default: en }
---
${layout.replace('<mjml>', '<mjml lang="{{settings.language}}">')}`;
    const german = english.replace('letters:\n', '').replace('  en:', '  de:');
    const made = async (letter: string) => {
      const folder = await workshop(files(letter, { 'layouts/bare.mjml': tagged }));
      return ((await compileConfirmation(folder)) ?? []).map(({ source }) => {
        const result = programOf(source).render(context, urls);
        if (!result.ok) throw new Error('it should render');
        return /<html lang="([^"]*)"/.exec(result.letter.html)?.[1];
      });
    };
    expect(await made(`${english}${german}`)).toEqual(['en', 'de']);
    expect(await made(`settings: { language: de-CH }\nletters:\n${german}`)).toEqual(['de-CH']);
  });

  test('is made of modules and a layout, links to confirm, and counts nothing', async () => {
    const [made] = (await compileConfirmation(await workshop(files(english)))) ?? [];
    expect(made?.language).toBe('en');
    const result = made && programOf(made.source).render(context, urls);
    if (!result?.ok) throw new Error('it should render');
    const { subject, html, text } = result.letter;
    expect(subject).toBe('Please confirm, you');
    expect(html).toContain(`href="${confirm}"`);
    expect(html).toContain('Offers &lt;3');
    expect(html).toContain('href="https://shop.example/"');
    expect(html, 'no picture that tells of an open').not.toContain('<img');
    expect(text).toContain(`Yes <${confirm}>`);
    expect(text).toContain('Club: Evenings');
    expect(text).toContain('1 December 2026');
  });

  test('has a language each, in the order of the file', async () => {
    const german = english
      .replace('letters:\n', '')
      .replace('en:', 'de-AT:')
      .replace('Please confirm', 'Bitte');
    const made = await compileConfirmation(await workshop(files(english + german)));
    expect(made?.map(({ language }) => language)).toEqual(['en', 'de-AT']);
  });

  test('may have the layout of campaigns', async () => {
    const letter = english
      .replace('    layout: bare\n', '')
      .replace('letters:', "settings: { postalAddress: 'Lane 1' }\nletters:");
    expect(await checkConfirmation(await workshop(files(letter)))).toEqual([]);
  });

  test('is built in where there is no file, and compiled aside where there is one', async () => {
    const none = await workshop({});
    expect(await checkConfirmation(none)).toBeUndefined();
    const [builtin] = await confirmationSources(none);
    const result = builtin && programOf(builtin.source).render(context, urls);
    if (!result?.ok) throw new Error('it should render');
    expect(result.letter.subject).toBe('Please confirm: letters from Shop');
    expect(result.letter.html).toContain(`href="${confirm}"`);
    expect(result.letter.text).toContain(`\r\n${confirm}\r\n`);
    const dir = await workshop(files(english));
    expect(await confirmationSources(dir)).toEqual(await compileConfirmation(dir));
    const broken = await workshop(files(english.replace('{{urls.confirm}}', 'https://shop.example/')));
    await expect(confirmationSources(broken)).rejects.toMatchObject({
      code: 'confirmation.no-link',
      kind: 'usage',
      message: expect.stringContaining('templates/sign-up/letter.yaml:3'),
    });
  });

  const conditional = words('{{#if profile.vip}}<a href="{{urls.confirm}}">Yes</a>{{/if}}');
  const link = "{ module: button, with: { label: 'Yes', href: '{{urls.confirm}}' } }";
  test.each<[string, string, Record<string, string>, string, string]>([
    [
      'no link',
      english.replace('{{urls.confirm}}', 'https://shop.example/'),
      {},
      'letter.yaml:3',
      'no visible link to confirm',
    ],
    [
      'a link for some',
      english.replace(link, '{ file: ./some.mjml }'),
      { 'sign-up/some.mjml': conditional },
      'letter.yaml:3',
      'no visible link to confirm',
    ],
    [
      'a module that is not there',
      english.replace('./topics.mjml', './topic.mjml'),
      {},
      'letter.yaml:6',
      "no module './topic.mjml'",
    ],
    [
      'a value nobody gave',
      english.replace('{{default profile.firstName "you"}}', '{{profile.firstName}}'),
      {},
      'letter.yaml:3',
      'needs profile.firstName',
    ],
    ['a slip', english.replace('subject', 'sujbect'), {}, 'line 3', 'sujbect is not known here'],
    ['no letter at all', 'letters: {}\n', {}, 'letter.yaml:1', 'at least one language'],
    ['no language', english.replace('en:', 'english_language:'), {}, 'letter.yaml:2', 'must be a language'],
    [
      'a condition',
      english.replace(link, link.replace(' } }', " }, when: { attribute: vip, is: 'yes' } }")),
      {},
      'letter.yaml:7',
      "cannot have 'when'",
    ],
    [
      'a word that is not known',
      english,
      { 'sign-up/shop.mjml': words('{{signUp.topic}}') },
      'shop.mjml:1',
      "Did you mean 'topics'?",
    ],
    [
      'an address that is not known',
      english,
      { 'sign-up/shop.mjml': words('<a href="{{urls.yes}}">x</a>') },
      'shop.mjml:1',
      'known: urls.confirm',
    ],
    [
      'a layout without a place',
      english,
      { 'layouts/bare.mjml': '<mjml><mj-body></mj-body></mjml>' },
      'bare.mjml',
      'no place for modules',
    ],
    [
      'events',
      english.replace('./shop.mjml', './bought.mjml'),
      {
        'sign-up/bought.mjml': `---\ndata:\n  last: { event: order }\n---\n${words('{{#each data.last}}{{product}}{{/each}}')}`,
      },
      'letter.yaml:3',
      'needs data.last',
    ],
  ])('%s is found, with file and line', async (_what, letter, more, place, message) => {
    const dir = await workshop(files(letter, more));
    const problems = (await checkConfirmation(dir)) ?? [];
    const found = problems.filter(({ level }) => level === 'error');
    const texts = found.map(
      (one) => `${one.file}${one.line === undefined ? '' : `:${one.line}`} ${one.message} ${one.mend ?? ''}`,
    );
    expect(texts.join('\n')).toContain(message);
    expect(texts.find((text) => text.includes(message))).toContain(place);
    await expect(compileConfirmation(dir)).rejects.toThrow();
  });

  test('has words that campaigns do not know', async () => {
    const { checkCampaign } = await import('../../src/content/check.ts');
    const campaign = `segment: everyone
topic: offers
from: 'Shop <hello@shop.example>'
settings: { postalAddress: 'Lane 1, Town' }
variants:
  - { name: only, subject: Hello, preheader: x, modules: [block] }
`;
    const block = words('{{signUp.sender}} <a href="{{urls.confirm}}">x</a>');
    const dir = await workshop({ 'campaigns/c/campaign.yaml': campaign, 'modules/block.mjml': block });
    const messages = (await checkCampaign(dir, 'c')).map(({ message }) => message).join('\n');
    expect(messages).toContain('only in the letter that asks to confirm');
    expect(messages).toContain('known: urls.unsubscribe, urls.preferences');
  });
});
