import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { dear } from '../cli/run.ts';
import { sentLetter } from '../fixtures/ledger.ts';

let folder: string;
let sendId = 0;
const run = (...words: string[]) => dear(words, folder, { DEAR_ACTOR: 'grace' });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-privacy-'));
  await writeFile(
    join(folder, 'people.csv'),
    'email,name\nada@example.test,Ada Byron\nbob@example.test,Bob\n',
  );
  const view = (email: string, at: string) => JSON.stringify({ email, at, sku: 'a' });
  const views = [view('ada@example.test', '2024-05-01'), view('bob@example.test', '2024-05-01')];
  await writeFile(join(folder, 'views.jsonl'), `${views.join('\n')}\n`);
  expect((await run('profiles', 'import', join(folder, 'people.csv'))).code).toBe(0);
  expect((await run('events', 'import', join(folder, 'views.jsonl'), '--type', 'view')).code).toBe(0);
  const store = await openStore(join(folder, 'data', 'dear.db'), 'any');
  const letter = await sentLetter(store, { email: 'eve@example.test' });
  sendId = letter.sendId;
  await store.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a customer is exported, to standard output or to a file that only its owner reads', async () => {
  const printed = await run('profile', 'export', 'ADA@example.test');
  expect(printed.code).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({
    format: 'dear.person/1',
    profile: { email: 'ada@example.test', attributes: { name: 'Ada Byron' } },
    events: [{ type: 'view', properties: { sku: 'a' }, at: '2024-05-01T00:00:00.000Z' }],
  });
  const filed = await run('profile', 'export', '1', '--out', 'ada.json', '--json');
  expect(JSON.parse(filed.out)).toMatchObject({ profile: 1 });
  const path = join(folder, 'ada.json');
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ profile: { id: 1 } });
  expect((await stat(path)).mode & 0o077).toBe(0);
});

test('erasing needs --yes, and then no import brings the person back until they ask for it', async () => {
  expect(await run('profile', 'erase', 'ada@example.test')).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --yes'),
  });
  const erased = await run('profile', 'erase', 'ada@example.test', '--yes');
  expect(erased).toMatchObject({ code: 0, out: expect.stringMatching(/Profile 1 is erased.*backups/s) });
  expect((await run('profile', 'export', 'ada@example.test')).err).toMatch(/was erased/);
  const people = JSON.parse((await run('profiles', 'import', join(folder, 'people.csv'), '--json')).out);
  expect(people).toMatchObject({ added: 0, unchanged: 1, refused: 1 });
  expect(people.reasons).toEqual([{ reason: 'this person had themselves erased', count: 1 }]);
  const views = JSON.parse(
    (await run('events', 'import', join(folder, 'views.jsonl'), '--type', 'view', '--json')).out,
  );
  expect(views).toMatchObject({ added: 0, duplicates: 1, refused: 1 });
  expect(views.reasons).toEqual([{ reason: 'this person had themselves erased', count: 1 }]);
  expect((await run('suppressions', 'remove', 'ada@example.test')).code).toBe(0);
  expect(
    JSON.parse((await run('profiles', 'import', join(folder, 'people.csv'), '--json')).out),
  ).toMatchObject({
    added: 1,
  });
});

test('a customer number of somebody erased brings nobody back, whatever address stands beside it', async () => {
  await writeFile(join(folder, 'shop.yaml'), 'email: "{email}"\nexternalIds: { shop: "{nr}" }\n');
  const rows = (name: string, lines: string) => writeFile(join(folder, name), `email,nr,at\n${lines}\n`);
  const first = 'kim@example.test,77,2024-05-01\nlou@example.test,78,2024-05-01';
  await rows('shop-1.csv', first);
  await rows('shop-2.csv', `${first}\nkim@elsewhere.test,77,2024-05-02\nnew@example.test,79,2024-05-02`);
  const mapped = ['--mapping', join(folder, 'shop.yaml'), '--json'];
  const people = (name: string) => run('profiles', 'import', join(folder, name), ...mapped);
  expect(JSON.parse((await people('shop-1.csv')).out)).toMatchObject({ added: 2 });
  expect((await run('profile', 'erase', 'shop:77', '--yes')).code).toBe(0);
  expect(await run('profile', 'export', 'shop:77')).toMatchObject({
    code: 1,
    err: expect.stringContaining('was erased'),
  });
  const again = JSON.parse((await people('shop-2.csv')).out);
  expect(again).toMatchObject({ added: 1, unchanged: 1, refused: 2 });
  expect(again.reasons).toEqual([{ reason: 'this person had themselves erased', count: 2 }]);
  const events = await run('events', 'import', join(folder, 'shop-2.csv'), '--type', 'view', ...mapped);
  expect(JSON.parse(events.out)).toMatchObject({ added: 2, refused: 2, profilesAdded: 0 });
});

test('a letter of an erased customer says so', async () => {
  expect((await run('profile', 'erase', 'eve@example.test', '--yes', '--json')).code).toBe(0);
  await sourceless();
  const shown = await run('send', 'show', String(sendId));
  expect(shown).toMatchObject({ code: 1, err: expect.stringMatching(/The customer of send \d+ was erased/) });
});

/** The fixture's run has no whole plan, which `send show` reads first. */
async function sourceless(): Promise<void> {
  const { planOf } = await import('../fixtures/planned.ts');
  const store = await openStore(join(folder, 'data', 'dear.db'), 'any');
  await store.orm.update(store.tables.runs).set({ plan: planOf() });
  await store.close();
}

test('the audit log says who did what, by customer, actor, action and time', async () => {
  await run('profile', 'show', 'bob@example.test');
  await run('profile', 'set', 'bob@example.test', '--frequency', '1 per week', '--actor', 'heidi');
  const entries = async (...words: string[]) =>
    JSON.parse((await run('audit', 'list', '--json', ...words)).out).map(
      (one: { actor: string; action: string; subject: string }) =>
        `${one.actor} ${one.action} ${one.subject}`,
    );
  expect(await entries('--profile', 'bob@example.test')).toEqual([
    'heidi change profile:2',
    'grace read profile:2',
  ]);
  expect(await entries('--profile', '1')).toEqual([
    'grace erase profile:1',
    'grace export profile:1',
    'grace export profile:1',
  ]);
  expect(await entries('--by', 'heidi', '--since', '1d')).toHaveLength(1);
  expect(await entries('--since', '2999-01-01')).toEqual([]);
  expect(await entries('--action', 'import')).toHaveLength(8);
  const people = await run('audit', 'list');
  expect(people.out).toMatch(/heidi\s+change\s+profile:2\s+fields=\["frequency"\]/);
  expect(people.out).not.toMatch(/@example|Ada|Byron/);
  expect((await run('audit', 'list', '--since', 'soon')).code).toBe(2);
  expect((await run('audit', 'list', '--profile', 'nobody@example.test')).code).toBe(1);
});

test('reading attributes and suppressions and changing keys is noted, by names and counts', async () => {
  const notes = async (...words: string[]) =>
    JSON.parse((await run('audit', 'list', '--json', ...words)).out).map(
      (one: { action: string; subject: string; detail: object }) => [one.action, one.subject, one.detail],
    );
  await run('attributes', '--actor', 'mallory');
  await run('attributes', 'name', '--actor', 'mallory');
  expect((await run('attributes', 'ada@example.test', '--actor', 'mallory')).code).toBe(1);
  await run('suppressions', 'add', 'bounced@example.test');
  await run('suppressions', 'list', '--limit', '1', '--actor', 'mallory');
  const [, made] = [
    await run('keys', 'add', 'shop', '--scope', 'events', 'read', '--actor', 'mallory', '--json'),
    await run('keys', 'list', '--json'),
  ];
  expect((await run('keys', 'add', 'shop', '--actor', 'mallory')).code).toBe(1);
  await run('keys', 'revoke', 'shop', '--actor', 'mallory');
  expect((await run('keys', 'revoke', 'shop', '--actor', 'mallory')).code).toBe(1);
  const [{ id }] = JSON.parse(made.out).keys;
  expect(await notes('--by', 'mallory')).toEqual([
    ['change', 'keys', { revoked: id, name: 'shop' }],
    ['change', 'keys', { added: id, name: 'shop', scopes: ['events', 'read'] }],
    ['read', 'suppressions', { rows: 1 }],
    ['read', 'profiles', { attribute: 'name' }],
    ['read', 'profiles', { attributes: 2 }],
  ]);
  expect((await run('audit', 'list')).out).not.toMatch(/@example|Ada|Byron/);
});

test('retention shows what would go, removes it, and refuses what would come back', async () => {
  const keeping = (rules: string, ...words: string[]) => dear(words, folder, { RETENTION: rules });
  const preview = await keeping('view=90d', 'retention', '--dry-run', '--json');
  expect(JSON.parse(preview.out)).toMatchObject([
    { of: 'view', count: 3, oldest: '2024-05-01T00:00:00.000Z' },
    { of: 'arrivals', count: 0 },
  ]);
  expect((await keeping('view=90d', 'retention', '--dry-run')).out).toMatch(
    /Kept: arrivals 90 days, view 90/,
  );
  expect(JSON.parse((await keeping('view=90d', 'retention', '--json')).out)).toMatchObject({
    removed: { view: 3 },
  });
  expect((await keeping('view=90d', 'retention')).out).toBe('Nothing is too old.\n');
  const again = await keeping(
    'view=90d',
    'events',
    'import',
    join(folder, 'views.jsonl'),
    '--type',
    'view',
    '--json',
  );
  expect(JSON.parse(again.out)).toMatchObject({ added: 0, refused: 2 });
  expect(again.out).toContain('events of its type are kept for 90 days, and it is older');
  const wrong = await keeping('view=soon', 'retention');
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('RETENTION cannot be used') });
});

test('retention tells of a type that is most likely misspelt', async () => {
  const keeping = (rules: string, ...words: string[]) => dear(words, folder, { RETENTION: rules });
  const order = { email: 'bob@example.test', at: '2024-05-01', total: 5 };
  await writeFile(join(folder, 'orders.jsonl'), `${JSON.stringify(order)}\n`);
  const path = join(folder, 'orders.jsonl');
  expect((await keeping('*=50y', 'events', 'import', path, '--type', 'orders')).code).toBe(0);
  const misspelt = 'orderrs=90d; arrival=7d; ticket=1y; opend=2y; *=50y';
  for (const words of [['retention', '--dry-run'], ['retention']]) {
    const { out } = await keeping(misspelt, ...words);
    expect(out).toContain('No event of the type ‘orderrs’ is stored. Did you mean ‘orders’?');
    expect(out).toContain('Did you mean ‘arrivals’?');
    expect(out).toContain('Did you mean ‘opened’?');
    expect(out).not.toContain('ticket’');
  }
  const data = JSON.parse((await keeping(misspelt, 'retention', '--json')).out);
  expect(data.warnings).toMatchObject([{ word: 'orderrs', guess: 'orders' }, {}, {}]);
  const preview = await keeping(misspelt, 'retention', '--dry-run', '--json');
  expect(JSON.parse(preview.out)).toBeInstanceOf(Array);
  expect(preview.err).toContain('Did you mean ‘orders’?');
});
