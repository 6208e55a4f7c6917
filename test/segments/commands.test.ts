import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dear } from '../cli/run.ts';

describe('dear segments', () => {
  let folder: string;
  const run = (...words: string[]) => dear(words, folder, {});
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-segments-'));
    const customers = [
      'email,name,age',
      'ann@example.test,=cmd|calc,-41',
      'ben@example.test,"Ben, ""B""",7',
      'cleo@example.test,Cleo,19',
    ];
    const orders = [
      'email,at,total,order',
      'ann@example.test,2024-05-01,10,A',
      'ann@example.test,2024-05-02,19.5,B',
      'ben@example.test,2024-05-03,5,C',
    ];
    await writeFile(join(folder, 'customers.csv'), `${customers.join('\n')}\n`);
    await writeFile(
      join(folder, 'customers.yaml'),
      'email: "{email}"\nattributes: { name: "{name}", age: "{age|number}" }\n',
    );
    await writeFile(join(folder, 'orders.csv'), `${orders.join('\n')}\n`);
    await writeFile(
      join(folder, 'orders.yaml'),
      'email: "{email}"\ntype: order\nat: "{at}"\nproperties: { total: "{total|number}", order: "{order}" }\n',
    );
    await writeFile(
      join(folder, 'buyers.yaml'),
      'name: buyers\nfollow: true\nrule: { trait: orders, gte: 1 }\n',
    );
    for (const what of ['profiles', 'events']) {
      const [csv = '', mapping = ''] =
        what === 'profiles' ? ['customers.csv', 'customers.yaml'] : ['orders.csv', 'orders.yaml'];
      expect(await run(what, 'import', join(folder, csv), '--mapping', join(folder, mapping))).toMatchObject({
        code: 0,
      });
    }
    expect(await run('segments', 'save', join(folder, 'buyers.yaml'))).toMatchObject({ code: 0 });
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('show counts and samples', async () => {
    const plain = await run('segments', 'show', 'buyers');
    expect(plain.out).toContain('number of orders is at least 1');
    expect(plain.out).toContain('It is followed; the first look');
    const sampled = await run('segments', 'show', 'buyers', '--sample', '10');
    expect(sampled.out).toContain('2 profiles fit now.');
    expect(sampled.out).toContain('ann@example.test');
    const json = JSON.parse((await run('--json', 'segments', 'show', 'buyers', '--sample', '1')).out);
    expect(json).toMatchObject({ count: 2, follow: true, followedAt: null, examples: [{}] });
    expect(await run('segments', 'show', 'buyers', '--sample', 'few')).toMatchObject({ code: 2 });
  });

  test('check and save warn of what nobody has', async () => {
    const file = join(folder, 'odd.yaml');
    const rule = '{ any: [{ attribute: agee, gt: 3 }, { did: ordr }, { letter: opened, campaign: spring }] }';
    await writeFile(file, `name: odd\nrule: ${rule}\n`);
    const warned = [
      'No customer has the attribute ‘agee’. Did you mean ‘age’?',
      'No event of the type ‘ordr’ is stored. Did you mean ‘order’?',
      'There is no campaign ‘spring’.',
    ];
    for (const word of ['check', 'save']) {
      const plain = await run('segments', word, file);
      expect(plain.code).toBe(0);
      for (const message of warned) expect(plain.out).toContain(`! ${message}\n`);
      const { warnings } = JSON.parse((await run('--json', 'segments', word, file)).out);
      expect(warnings.map(({ message }: { message: string }) => message)).toEqual(warned);
      expect(warnings[0]).toMatchObject({ about: 'attribute', word: 'agee', guess: 'age' });
      expect(warnings[2]).toMatchObject({ about: 'campaign', guess: null });
    }
    const buyers = await run('--json', 'segments', 'check', join(folder, 'buyers.yaml'));
    expect(JSON.parse(buyers.out).warnings).toEqual([]);
    await run('segments', 'remove', 'odd');
  });

  test('export writes a file that no spreadsheet runs', async () => {
    const file = join(folder, 'buyers.csv');
    const done = await run('segments', 'export', 'buyers', '--out', file);
    expect(done).toMatchObject({ code: 0, out: `2 profiles of buyers written to ${file}.\n` });
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines).toEqual([
      'id,email,age,name',
      "1,ann@example.test,-41,'=cmd|calc",
      '2,ben@example.test,7,"Ben, ""B"""',
      '',
    ]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    const { out } = await run('audit', 'list', '--action', 'export', '--json');
    expect(JSON.parse(out)).toMatchObject([{ subject: 'segment:buyers', detail: { profiles: 2 } }]);
  });

  test('an export that is imported again changes nothing, when it is said to be guarded', async () => {
    const file = join(folder, 'again.csv');
    await run('segments', 'export', 'buyers', '--out', file);
    const mapping = ['--mapping', join(folder, 'customers.yaml')];
    const again = ['--json', 'profiles', 'import', file, ...mapping];
    expect(JSON.parse((await run(...again, '--guarded')).out)).toMatchObject({ unchanged: 2, updated: 0 });
    expect(JSON.parse((await run(...again)).out)).toMatchObject({ unchanged: 1, updated: 1 });
    expect(JSON.parse((await run(...again, '--guarded')).out)).toMatchObject({ unchanged: 1, updated: 1 });
    // Refused rows of such a file are mended with the same options.
    const odd = join(folder, 'odd.csv');
    await writeFile(odd, "email,name,age\nnowhere,'=x,1\n");
    await run('profiles', 'import', odd, ...mapping, '--guarded');
    const refused = await readFile(`${odd}.refused.csv`, 'utf8');
    await writeFile(`${odd}.refused.csv`, refused.replace(',nowhere,', ',dee@example.test,'));
    await run('profiles', 'import', `${odd}.refused.csv`, ...mapping, '--guarded');
    const { out } = await run('--json', 'profile', 'show', 'dee@example.test');
    expect(JSON.parse(out)).toMatchObject({ attributes: { name: '=x' } });
  });

  test('an export is read back without a mapping, whatever its attributes are called', async () => {
    const file = join(folder, 'named.jsonl');
    const attributes = {
      id: 'A-7',
      email: 'work',
      mail: 'x',
      frequency: 'often',
      'attributes.id': 'B',
      'consent.x': 'y',
    };
    await writeFile(file, `${JSON.stringify({ email: 'eve@example.test', attributes })}\n`);
    await run('profiles', 'import', file);
    const rule = join(folder, 'named.yaml');
    await writeFile(rule, 'name: named\nrule: { attribute: frequency, is: often }\n');
    await run('segments', 'save', rule);
    for (const format of ['csv', 'jsonl']) {
      const copy = join(folder, `copy.${format}`);
      await run('segments', 'export', 'named', '--out', copy);
      const { out } = await run('--json', 'profiles', 'import', copy, '--guarded');
      expect(JSON.parse(out)).toMatchObject({ refused: 0, unchanged: 1 });
      // As new: nothing is there already that would hide what is missing.
      const fresh = (await readFile(copy, 'utf8')).replaceAll('eve@', `${format}@`);
      await writeFile(copy, fresh);
      await run('profiles', 'import', copy, '--guarded');
      const { out: shown } = await run('--json', 'profile', 'show', `${format}@example.test`);
      expect(JSON.parse(shown).attributes).toEqual(attributes);
      await run('profile', 'erase', `${format}@example.test`, '--yes');
    }
    await run('segments', 'remove', 'named');
    await run('profile', 'erase', 'eve@example.test', '--yes');
  });

  test('an export holds external ids, and those whom nothing else names are read back by them', async () => {
    const file = join(folder, 'known.csv');
    await writeFile(file, 'no,mail,city\n-7,,Rome\n8,fay@example.test,Rome\n9,fay@example.test,Rome\n');
    await run('profiles', 'import', file, '--map', 'email=mail,externalIds.shop.de=no,city=city');
    const rule = join(folder, 'rome.yaml');
    await writeFile(rule, 'name: rome\nrule: { attribute: city, is: Rome }\n');
    await run('segments', 'save', rule);
    const copies = ['csv', 'jsonl'].map((format) => join(folder, `rome.${format}`));
    for (const copy of copies) await run('segments', 'export', 'rome', '--out', copy);
    const [csv, lines] = await Promise.all(copies.map((copy) => readFile(copy, 'utf8')));
    expect(csv?.replaceAll(/^\d+/gm, 'N')).toBe(
      'id,email,externalIds.shop.de,externalIds.shop.de (2),city\nN,,-7,,Rome\nN,fay@example.test,8,9,Rome\n',
    );
    expect(lines).toContain('"externalIds":{"shop.de":["8","9"]},"attributes":{"city":"Rome"}');
    for (const copy of copies) {
      const again = ['--json', 'profiles', 'import', copy, '--guarded'];
      expect(JSON.parse((await run(...again)).out)).toMatchObject({ refused: 0, unchanged: 2 });
      const other = await mkdtemp(join(folder, 'other-'));
      expect(JSON.parse((await dear(again, other, {})).out)).toMatchObject({ refused: 0, added: 2 });
      const { out } = await dear(['--json', 'profile', 'show', 'shop.de:9'], other, {});
      expect(JSON.parse(out)).toMatchObject({ email: 'fay@example.test', attributes: { city: 'Rome' } });
    }
  });

  test('attributes that an export is to have are named, each once', async () => {
    const once = await run('segments', 'export', 'buyers', '--attributes', 'age, age,');
    expect(once.out).toMatch(/^id,email,age\n/);
    for (const names of ['', ' , ']) {
      const none = await run('segments', 'export', 'buyers', '--attributes', names);
      expect(none).toMatchObject({ code: 2 });
      expect(none.err).toContain('--attributes names no attribute');
    }
  });

  test('export writes JSON Lines, and to standard output', async () => {
    const { out } = await run(
      'segments',
      'export',
      'buyers',
      '--format',
      'jsonl',
      '--attributes',
      'age,nothing',
    );
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: 1, email: 'ann@example.test', attributes: { age: -41 } },
      { id: 2, email: 'ben@example.test', attributes: { age: 7 } },
    ]);
    expect((await run('segments', 'export', 'buyers', '--attributes', 'age')).out).toBe(
      'id,email,age\n1,ann@example.test,-41\n2,ben@example.test,7\n',
    );
  });

  test('what cannot be done is said', async () => {
    const unknown = await run('segments', 'export', 'buyer');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('Did you mean buyers?');
    const format = await run('segments', 'export', 'buyers', '--format', 'xls');
    expect(format).toMatchObject({ code: 2 });
    expect(format.err).toContain('csv or --format jsonl');
    expect(
      await run('segments', 'export', 'buyers', '--out', join(folder, 'no/such/folder/x.csv')),
    ).toMatchObject({
      code: 1,
    });
  });

  test('the dossier shows the traits', async () => {
    const { out } = await run('profile', 'show', 'ann@example.test');
    expect(out).toMatch(/orderTotal\s+29\.50/);
    expect(out).toMatch(/stage\s+former/);
    const json = JSON.parse((await run('--json', 'profile', 'show', 'cleo@example.test')).out);
    expect(json.traits).toMatchObject({ stage: 'prospect', orders: 0, averageOrder: null, lastOrder: null });
  });
});
