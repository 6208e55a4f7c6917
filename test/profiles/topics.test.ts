import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTopicCheck, type TopicBook, topicOf } from '../../src/profiles/topics.ts';
import { consentStore } from '../../src/store/consents.ts';
import { dear } from '../cli/run.ts';
import { apiServer } from '../fixtures/api-server.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { onEveryStore } from '../stores.ts';

const bookOf = (...names: string[]): TopicBook => ({
  from: undefined,
  topics: names.map((name) => topicOf({ from: undefined, topics: [] }, name)),
});

describe('a name of a topic', () => {
  const check = (used: string[] = [], ...names: string[]) =>
    makeTopicCheck(bookOf(...names), async () => used);

  test('near a known one is misspelt, others are new topics', async () => {
    const topics = check(['offer'], 'offers', 'newsletter');
    const given = ['offers', 'ofers', 'Offers', 'newsleter', 'club', 'offer', 'ofers'];
    const found = [
      ['ofers', 'offers'],
      ['Offers', 'offers'],
      ['newsleter', 'newsletter'],
    ];
    expect([...(await topics.misspelt(given))]).toEqual(found);
    const meant = await topics.meant();
    expect(given.map((name) => meant(name))).toEqual([
      undefined,
      'offers',
      'offers',
      'newsletter',
      undefined,
      undefined,
      'offers',
    ]);
  });

  test('is anything where no topics are written down', async () => {
    expect((await check().misspelt(['ofers'])).size).toBe(0);
    expect((await check().meant())('ofers')).toBeUndefined();
  });

  test('that customers get to know counts within a minute', async () => {
    const used: string[] = [];
    let now = 0;
    const topics = makeTopicCheck(
      bookOf('offers'),
      async () => [...used],
      () => now,
    );
    expect((await topics.misspelt(['ofers'])).size).toBe(1);
    used.push('ofers');
    now = 61_000;
    expect((await topics.misspelt(['ofers'])).size).toBe(0);
  });
});

onEveryStore('topics that are in use', (open) => {
  test('are those of consents and of runs', async () => {
    const store = await open();
    expect(await consentStore(store).topics()).toEqual([]);
    const { profileId } = await sentLetter(store, { topic: 'spring', consent: 'none' });
    await consentStore(store).change(profileId, 'club', 'out', 5, 'x');
    expect((await consentStore(store).topics()).sort()).toEqual(['club', 'spring']);
  });

  test('are all that the API takes beside those of the file, and new ones that are near none', async () => {
    const store = await open();
    const topicCheck = makeTopicCheck(bookOf('offers'), consentStore(store).topics);
    const server = apiServer(store, { topicCheck });
    const secret = await server.key('profiles');
    const { profileId } = await sentLetter(store, { topic: 'offer' });
    expect(profileId).toBeGreaterThan(0);
    const payload = ['ofers', 'offer', 'club', 'offers'].map((topic, index) => ({
      email: `a${index}@example.test`,
      consent: { [topic]: 'in' },
    }));
    const answer = await server.call(secret, { method: 'POST', url: '/api/profiles', payload });
    expect(answer.statusCode).toBe(207);
    expect(answer.json().refused).toEqual([
      {
        index: 0,
        code: 'consent',
        path: 'consent.ofers',
        message: 'there is no such topic yet; was offers meant?',
      },
    ]);
    await server.http.close();
  });
});

describe('a misspelt topic', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-topics-'));
    await mkdir(join(folder, 'templates'));
    const file = 'from: Shop <shop@shop.example>\ntopics:\n  newsletter: {}\n  offers: {}\n';
    await writeFile(join(folder, 'templates', 'topics.yaml'), file);
    await writeFile(join(folder, 'people.csv'), 'email\nann@example.test\n');
    await writeFile(join(folder, 'columns.csv'), 'email,consent.newsleter\nann@example.test,in\n');
    await writeFile(join(folder, 'lists.csv'), 'email,topics\nbob@example.test,"offers, newsleter"\n');
    await writeFile(
      join(folder, 'lines.jsonl'),
      '{"email":"cleo@example.test","consent":{"ofers":"out"}}\n{"email":"dan@example.test","consent":{"offers":"in"}}\n',
    );
    await writeFile(join(folder, 'map.yaml'), 'email: "{email}"\nconsent: { newsleter: in }\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run = (...words: string[]) => dear(words, folder, { DATA_DIR: join(folder, 'data') });

  test.each([
    ['a mapping', ['profiles', 'import', 'people.csv', '--mapping', 'map.yaml']],
    ['an option', ['profiles', 'import', 'people.csv', '--topic', 'newsleter']],
    ['a column', ['profiles', 'import', 'columns.csv']],
    ['a sign-up', ['sign-ups', 'add', 'ann@example.test', '--topic', 'newsleter']],
  ])('of %s is refused with what was meant, and nothing is stored', async (_name, words) => {
    const ran = await run(...words.map((word) => (/\.(csv|yaml)$/.test(word) ? join(folder, word) : word)));
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("There is no topic 'newsleter' yet; was 'newsletter' meant?");
    expect(ran.err).toContain('templates/topics.yaml');
    expect((await run('profile', 'show', 'ann@example.test')).code).toBe(1);
  });

  test('of a row refuses the row, and of a statement about one customer the whole', async () => {
    const lists = JSON.parse((await run('profiles', 'import', join(folder, 'lists.csv'), '--json')).out);
    expect(lists).toMatchObject({ added: 0, refused: 1 });
    expect(await readFile(join(folder, 'lists.csv.refused.csv'), 'utf8')).toContain("was 'newsletter' meant");
    const lines = JSON.parse((await run('profiles', 'import', join(folder, 'lines.jsonl'), '--json')).out);
    expect(lines).toMatchObject({ added: 1, refused: 1 });
    expect(lines.reasons[0].reason).toBe("consent names a topic that there is not yet; was 'offers' meant?");
    const set = await run('profile', 'set', 'dan@example.test', '--consent', 'ofers=out');
    expect(set).toMatchObject({ code: 2, err: expect.stringContaining("was 'offers' meant") });
  });

  test('works once it is known: by the file, or by customers who have it already', async () => {
    expect((await run('profile', 'set', 'dan@example.test', '--consent', 'evenings=in')).code).toBe(0);
    const file = 'topics:\n  evening: {}\n  newsleter: {}\n';
    await writeFile(join(folder, 'templates', 'topics.yaml'), file);
    expect((await run('profile', 'set', 'dan@example.test', '--consent', 'evenings=out')).code).toBe(0);
    expect((await run('profiles', 'import', join(folder, 'columns.csv'))).code).toBe(0);
  });
});
