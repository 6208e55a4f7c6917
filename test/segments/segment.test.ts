import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DearError } from '../../src/errors.ts';
import { parseSegment, readSegmentFile } from '../../src/segments/segment.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-segments-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function refusal(text: string): string {
  try {
    parseSegment(text, 'file');
  } catch (error) {
    if (error instanceof DearError && error.kind === 'usage') return error.message;
    throw error;
  }
  throw new Error('accepted');
}

test('JSON and YAML say the same', () => {
  const wanted = {
    name: 'buyers',
    about: 'They buy.',
    rule: { did: 'order', within: '90d', before: '2011-09-30' },
  };
  expect(parseSegment(`\uFEFF${JSON.stringify(wanted, null, '\t')}`, 'file')).toEqual(wanted);
  const yaml =
    'name: buyers\r\nabout: They buy.\r\nrule:\r\n  did: order\r\n  within: 90d\r\n  before: 2011-09-30\r\n';
  expect(parseSegment(yaml, 'file')).toEqual(wanted);
});

test.each([
  [
    'name: x\nrule:\n  all:\n    - did: order\n      witin: 9d\n',
    /^file:4: rule\.all\[0\] has an unknown word "witin"/,
  ],
  [
    '{\n "name": "x",\n "rule": { "any": [\n  { "did": "order", "atLeast": "2" }\n] } }',
    /^file:4: rule\.any\[0\]\.atLeast must be a whole number\.$/,
  ],
  ['name: x\nrule: {', /^file:2:\d+: Flow map/],
  ['name: x\nname: y\nrule: { everyone: true }', /^file:2:1: Map keys must be unique\.$/],
  ['', /^file: holds no segment\.$/],
  ['- a', /^file: holds no segment\.$/],
  ['{"name": "x"}', /^file: rule is missing\.$/],
  ['{"rule": {"everyone": true}}', /^file: name is missing\.$/],
  ['{"name": "../x", "rule": {"everyone": true}}', /^file: name must be 1 to 64 letters/],
  ['{"name": "x", "rule": {"everyone": true}, "__proto__": 1}', /^file: has an unknown word "__proto__"\.$/],
  [
    `{"name":"x","rule":${'{"not":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    /^file:\S* rule is nested more than 20 rules deep\.$/,
  ],
  [`name: x\nrule: ${'{not: '.repeat(10_000)}1${'}'.repeat(10_000)}`, /^file\S*: is nested too deep\.$/],
  ['a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n', /^file: /],
])('refuses %#', (text, message) => {
  expect(refusal(text)).toMatch(message);
});

test('a file that cannot be read is named', async () => {
  const missing = join(folder, 'missing.json');
  await expect(readSegmentFile(missing)).rejects.toMatchObject({ code: 'segment.file', kind: 'usage' });
  await expect(readSegmentFile(folder)).rejects.toThrow(/cannot be read: EISDIR/);
  const latin = join(folder, 'latin.json');
  await writeFile(latin, Buffer.from([0x7b, 0xe9, 0x7d]));
  await expect(readSegmentFile(latin)).rejects.toThrow(/cannot be read/);
  const huge = join(folder, 'huge.json');
  await writeFile(huge, ' '.repeat(1_000_001));
  await expect(readSegmentFile(huge)).rejects.toThrow(/is larger than/);
});
