import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dear } from './run.ts';

describe('dear sign-ups', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-sign-ups-'));
    await mkdir(join(folder, 'templates'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (...words: string[]) => dear(words, folder, { DATA_DIR: join(folder, 'data') });
  const topics = (text: string) => writeFile(join(folder, 'templates', 'topics.yaml'), text);

  test('says what is missing before anything is stored', async () => {
    const ran = await run('sign-ups', 'add', 'ann@example.test', '--topic', 'offers');
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('templates/topics.yaml');
    expect((await run('sign-ups', 'list')).out).toContain('Nobody was asked');
  });

  test.each([
    ['from: nobody\ntopics: {}\n', 'topics.yaml:1: from: must look like'],
    ['topics:\n  offers:\n    titel: x\n', 'topics.yaml:3: topics.offers.titel is not known here'],
    ['topics: [offers]\n', 'topics.yaml:1: topics:'],
  ])('a file of topics that is not right is named with its line: %j', async (text, message) => {
    await topics(text);
    const ran = await run('sign-ups', 'list');
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(message);
  });

  test('asks, lists, and shows what is pending', async () => {
    await topics('from: Shop <shop@shop.example>\ntopics:\n  offers: { wording: I agree }\n');
    const asked = await run(
      'sign-ups',
      'add',
      'Ann@Example.test',
      '--topic',
      'offers',
      '--topic',
      'club',
      '--json',
    );
    expect(JSON.parse(asked.out)).toEqual({
      email: 'ann@example.test',
      topics: ['offers', 'club'],
      result: 'asked',
      confirmation: 1,
    });
    expect((await run('sign-ups', 'add', 'ann@example.test', '--topic', 'offers')).out).toContain(
      'a short while ago',
    );
    const list = await run('sign-ups', 'list');
    expect(list.out).toContain('ann@example.test');
    expect(list.out).toContain('queued');
    const shown = await run('profile', 'show', 'ann@example.test');
    expect(shown.out).toContain('pending');
    expect(shown.out).toContain('I agree');
  });

  test('wrong words are wrong use', async () => {
    expect((await run('sign-ups', 'add', 'nobody', '--topic', 'offers')).code).toBe(2);
    expect((await run('sign-ups', 'add', 'ann@example.test', '--topic', 'a b')).code).toBe(2);
    expect((await run('sign-ups', 'add', 'ann@example.test')).code).toBe(2);
  });

  test('shows the letter that asks, built in or written by the shop, and finds its mistakes', async () => {
    await topics('from: Shop <shop@shop.example>\ntopics:\n  offers: { title: Our offers, signUp: true }\n');
    const builtin = await run('sign-ups', 'preview');
    expect(builtin.code).toBe(0);
    expect(builtin.out).toMatch(/^Date: .*\r\nFrom: Shop <shop@shop.example>/);
    expect(builtin.out).toContain('multipart/alternative');
    expect((await run('sign-ups', 'check')).out).toContain('so a plain letter asks');
    const file = (path: string, text: string) => writeFile(join(folder, 'templates', path), text);
    for (const name of ['layouts', 'sign-up']) await mkdir(join(folder, 'templates', name));
    const inner =
      '<mj-text>{{#each signUp.topics}}{{name}}{{/each}} <a href="{{urls.confirm}}">Ja</a></mj-text>';
    await file('sign-up/block.mjml', `<mj-section><mj-column>${inner}</mj-column></mj-section>`);
    await file('layouts/bare.mjml', '<mjml><mj-body>{{> modules}}</mj-body></mjml>');
    const letter = (subject: string) =>
      `{ subject: '${subject}', layout: bare, modules: [{ file: ./block.mjml }] }`;
    const both = `letters:\n  en: ${letter('Confirm')}\n  de: ${letter('Bitte {{default profile.firstName "sehr"}}')}\n`;
    await file('sign-up/letter.yaml', both);
    expect((await run('sign-ups', 'check')).out).toContain('can be sent');
    const shown = await run('sign-ups', 'preview', '--language', 'de-AT', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({
      subject: 'Bitte sehr',
      language: 'de',
      languages: ['en', 'de'],
      text: expect.stringContaining('Our offers'),
    });
    expect((await run('sign-ups', 'preview', '--language', 'fr', '--html')).out).toMatch(/^<!doctype html>/);
    expect((await run('sign-ups', 'preview', '--to', 'nobody')).code).toBe(2);
    await file('sign-up/letter.yaml', both.replaceAll('block', 'blok'));
    const checked = await run('sign-ups', 'check');
    expect([checked.code, checked.out]).toEqual([
      1,
      expect.stringContaining("letter.yaml:2  there is no module './blok.mjml'"),
    ]);
    for (const words of [
      ['sign-ups', 'preview'],
      ['work', 'send'],
    ]) {
      const ran = await run(...words);
      expect(ran.code).toBe(2);
      expect(ran.err).toContain("templates/sign-up/letter.yaml:2: there is no module './blok.mjml'");
    }
  });
});
