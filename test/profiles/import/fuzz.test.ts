import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csvRows } from '../../../src/profiles/import/csv.ts';
import { importEvents } from '../../../src/profiles/import/import.ts';
import { jsonlRows } from '../../../src/profiles/import/jsonl.ts';
import { linesOf } from '../../../src/profiles/import/lines.ts';
import type { FileRow } from '../../../src/profiles/import/record.ts';
import type { StatedEvent } from '../../../src/profiles/stated-events.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bytes in pieces of the given lengths, in turns; pieces end anywhere, in the middle of characters too. */
async function* pieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(start, start + length);
    start += length;
  }
}

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

async function all(blocks: AsyncIterable<readonly FileRow[]>): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const block of blocks) rows.push(...block);
  return rows;
}

const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ';', ' ', 'ß', '健', '=', '-') });

describe('files of any content', () => {
  test('CSV that is right is read right, wherever its pieces end', async () => {
    const row = fc.tuple(cell, cell, cell).filter((cells) => cells.some((text) => text.trim() !== ''));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), lengths, async (rows, cut) => {
        const text = stringify([['a', 'b', 'c'], ...rows], { quoted: true });
        const { blocks } = await csvRows(linesOf(pieces(Buffer.from(text), cut)), 'x', ',');
        const read = await all(blocks);
        expect(read.map(({ values }) => values)).toEqual(rows);
        expect(read.every(({ broken }) => broken === undefined)).toBe(true);
      }),
    );
  });

  test('CSV of any bytes: no line is lost, none counts twice', async () => {
    const byte = fc.constantFrom(...Buffer.from('ab,"\n\r\n,'), 0xc3, 0xff, 0xe5);
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { maxLength: 60 }), lengths, async (bytes, cut) => {
        const body = Buffer.from(bytes);
        const whole = Buffer.concat([Buffer.from('a,b\n'), body]);
        const { blocks } = await csvRows(linesOf(pieces(whole, cut)), 'x', ',');
        const rows = await all(blocks);
        const lines = body.toString('utf8').split('\n');
        const covered: number[] = [];
        for (const { line, text } of rows) {
          const span = text.split('\n').length;
          for (let offset = 0; offset < span; offset += 1) covered.push(line - 2 + offset);
        }
        const blank = (text: string | undefined) => (text ?? '').replace(/\r$/, '') === '';
        const told = new Set(covered);
        expect(told.size).toBe(covered.length);
        lines.forEach((text, index) => {
          if (!told.has(index)) expect(blank(text)).toBe(true);
        });
      }),
    );
  });

  test('JSON Lines of any text: each line that is not blank is a row, good or broken', async () => {
    const line = fc.oneof(
      fc.json().filter((text) => !text.includes('\n')),
      fc.string({ unit: fc.constantFrom('{', '}', '"', 'a', ':', '1', ' ', '健') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), lengths, async (lines, cut) => {
        const rows = await all(jsonlRows(linesOf(pieces(Buffer.from(lines.join('\n')), cut))).blocks);
        const wanted = lines.flatMap((text, index) => (text.trim() === '' ? [] : [index + 1]));
        expect(rows.map((row) => row.line)).toEqual(wanted);
      }),
    );
  });
});

const good = fc.record({
  email: fc.integer({ min: 0, max: 20 }).map((number) => `p${number}@example.test`),
  at: fc.date({ min: new Date('2001-01-01'), max: new Date('2024-01-01'), noInvalidDate: true }),
  note: fc.string(),
});

const badLines = [
  'no json',
  '[]',
  '{"email":"p1@example.test"',
  '{"type":"order","at":"2024-01-01"}',
  '{"email":"nobody","type":"order","at":"2024-01-01"}',
  '{"email":"p1@example.test","type":"order","at":"1970-01-01"}',
  '{"email":"p1@example.test","type":"order","at":"2999-01-01"}',
  '{"email":"p1@example.test","type":"order","at":"2024-01-01","__proto__":{"x":1}}',
  '{"email":"p1@example.test","type":"order","at":"2024-01-01","properties":{"constructor":1}}',
  `{"email":"p1@example.test","type":"order","at":"2024-01-01","deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  '{"email":"p1@example.test","type":"order","at":"2024-01-01","half":"\\ud83d"}',
  '{"email":"p1@example.test","type":"order","at":"2024-01-01","nul":"\\u0000"}',
];

test('of good and bad rows each good one is added and each bad one is reported once', async () => {
  const row = fc.oneof(
    good.map(({ email, at, note }) => ({
      isGood: true,
      text: JSON.stringify({
        email,
        type: 'order',
        at: at.toISOString(),
        note: note.replaceAll('\u0000', ''),
      }),
    })),
    fc.constantFrom(...badLines).map((text) => ({ isGood: false, text })),
  );
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), fc.boolean(), async (rows, isPacked) => {
      serial += 1;
      const path = join(folder, `events-${serial}.jsonl${isPacked ? '.gz' : ''}`);
      const bytes = Buffer.from(rows.map(({ text }) => `${text}\n`).join(''));
      await writeFile(path, isPacked ? gzipSync(bytes) : bytes);
      const added: StatedEvent[] = [];
      const report = await importEvents(keeping(added), {}, { path, cwd: folder, dataDir: folder });
      const bad = rows.flatMap(({ isGood }, index) => (isGood ? [] : [index + 1]));
      expect(report.refused).toBe(bad.length);
      expect(added).toHaveLength(rows.length - bad.length);
      const told =
        report.refusedFile === undefined ? [] : linesIn(await readFile(report.refusedFile, 'utf8'));
      expect(told).toEqual(bad);
    }),
    { numRuns: 60 },
  );
});

test('what is believed of a time can be said in the mapping', async () => {
  const path = join(folder, 'old.csv');
  await writeFile(
    path,
    'email,type,at\na@x.de,order,1984-05-01\na@x.de,order,1970-01-01\na@x.de,order,2030-01-01\na@x.de,order,2999-01-01\n',
  );
  const refusals = async (dates: { from?: string; until?: string }) => {
    const report = await importEvents(keeping([]), { dates }, { path, cwd: folder, dataDir: folder });
    return report.reasons.map(({ reason, count }) => `${count} ${reason}`);
  };
  expect(await refusals({})).toEqual([
    '2 its time is before 1990',
    '2 its time is more than a day in the future',
  ]);
  expect(await refusals({ from: '1980-01-01', until: '2031-01-01' })).toEqual([
    '1 its time is before 1980-01-01',
    '1 its time is not before 2031-01-01',
  ]);
});

const linesIn = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => Number(/^\{"line":(\d+),"reason":"[^"]+/.exec(line)?.[1]));

/** Where events go when only the reading of them is looked at. */
function keeping(added: StatedEvent[]): Parameters<typeof importEvents>[0] {
  return {
    retention: { tooOld: () => undefined },
    events: {
      kept: async () => undefined,
      addStated: async (events) => {
        added.push(...events.list());
        return { added: events.size, duplicates: 0, restated: 0, profilesAdded: 0, nobody: [], others: [] };
      },
    },
  };
}

test('a long file with one broken line takes no more memory than a short one', async () => {
  const row = Buffer.from('p1@example.test,view,2024-01-01T00:00:00Z,one of many that all look alike\n');
  const ROWS = 400_000;
  const head = Buffer.from('email,type,at,note\n');
  const block = Buffer.concat(Array.from({ length: 1000 }, () => row));
  const broken = Buffer.from('p1@example.test,view,2024-01-01T00:00:00Z,\xff\n', 'latin1');
  let most = 0;
  const input = async function* () {
    yield head;
    for (let written = 0; written < ROWS; written += 1000) {
      yield block;
      if (written === ROWS / 2) yield broken;
      most = Math.max(most, process.memoryUsage().heapUsed);
    }
  };
  const before = process.memoryUsage().heapUsed;
  const counted = (added: number) => ({
    added,
    duplicates: 0,
    restated: 0,
    profilesAdded: 0,
    nobody: [],
    others: [],
  });
  const report = await importEvents(
    {
      ...keeping([]),
      events: { addStated: async (events) => counted(events.size), kept: async () => undefined },
    },
    { format: 'csv' },
    { path: '-', input: input(), cwd: folder, dataDir: folder },
  );
  expect(report).toMatchObject({ rows: ROWS + 1, added: ROWS, refused: 1 });
  const refused: string[][] = parse(await readFile(report.refusedFile ?? '', 'utf8'), {
    relax_column_count: true,
  });
  expect(refused[1]?.slice(0, 2)).toEqual([String(ROWS / 2 + 1002), 'the line is not valid UTF-8']);
  // The file has 30 MB; what is in memory at once is a batch or two.
  expect(most - before).toBeLessThan(120_000_000);
}, 60_000);
