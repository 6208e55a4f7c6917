import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRows } from '../../../src/profiles/import/csv.ts';
import { linesOf } from '../../../src/profiles/import/lines.ts';

/** Cuts bytes into chunks of the given size, wherever that tears. */
async function* torn(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(content: string | Buffer, size = 7, delimiter?: string) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const { shape, blocks } = await csvRows(linesOf(torn(bytes, size)), 'test.csv', delimiter);
  const rows = [];
  for await (const block of blocks) rows.push(...block);
  return { columns: shape.columns, rows };
}

const values = async (content: string | Buffer, size?: number) =>
  (await read(content, size)).rows.map((row) => row.broken ?? row.values);

describe('CSV', () => {
  test('BOM, CRLF, blank lines, quoted line ends and quotes', async () => {
    const text =
      '\ufeffemail,name\r\n\r\na@x.de,"Ann ""A"", Lee"\r\nb@x.de,"two\r\nlines"\r\n\r\nc@x.de,Ünï😀';
    for (let size = 1; size < 40; size += 1) {
      const { columns, rows } = await read(text, size);
      expect(columns).toEqual(['email', 'name']);
      expect(rows.map((row) => [row.line, ...row.values])).toEqual([
        [3, 'a@x.de', 'Ann "A", Lee'],
        [4, 'b@x.de', 'two\r\nlines'],
        [7, 'c@x.de', 'Ünï😀'],
      ]);
    }
  });

  test.each([',', ';', '\t', '|'])('finds the delimiter %j', async (delimiter) => {
    const text = `email${delimiter}"na,m;e"\na@x.de${delimiter}Ann\n`;
    const { columns, rows } = await read(text);
    expect(columns).toEqual(['email', 'na,m;e']);
    expect(rows[0]?.values).toEqual(['a@x.de', 'Ann']);
  });

  test('a row with too few or too many fields is refused, its neighbours are not', async () => {
    expect(await values('a,b\n1,2\n3\n4,5,6\n7,8\n')).toEqual([
      ['1', '2'],
      'it has 1 fields, the header has 2',
      'it has 3 fields, the header has 2',
      ['7', '8'],
    ]);
  });

  test('a quotation mark that is never closed costs one line', async () => {
    expect(await values('a,b\n1,2\n3,"4\n5,6\n7,"8"\n9,10')).toEqual([
      ['1', '2'],
      'a quotation mark is opened and never closed',
      ['5', '6'],
      ['7', '8'],
      ['9', '10'],
    ]);
  });

  test('two stray quotation marks cost two lines, not what is between them', async () => {
    expect(await values('a,b\n1,5" pipe\n3,4\n5,6\n7,9" pipe\n8,9\n')).toEqual([
      'its quotation marks are not those of CSV',
      ['3', '4'],
      ['5', '6'],
      'a quotation mark is opened and never closed',
      ['8', '9'],
    ]);
  });

  test('one malformed quoted row does not take the quoted rows around it along', async () => {
    expect(await values('a,b\n"1","2"\n"3"x,"4"\n"5","6"\n')).toEqual([
      ['1', '2'],
      'its quotation marks are not those of CSV',
      ['5', '6'],
    ]);
  });

  test('a quotation mark cannot swallow a file: after 16 MB its line is refused and the rest is read', async () => {
    const row = `1,${'x'.repeat(9_997)}\n`;
    const { rows } = await read(`a,b\n0,"open\n${row.repeat(1800)}`, 100_000);
    expect(rows).toHaveLength(1801);
    expect(rows.filter((one) => one.broken !== undefined).map((one) => one.line)).toEqual([2]);
  });

  test('invalid UTF-8 costs its own line; half a character at the edge of a chunk costs nothing', async () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,ü\n2,'), Buffer.from([0xfc]), Buffer.from('\n3,😀\n')]);
    for (let size = 1; size < 20; size += 1) {
      expect(await values(bytes, size)).toEqual([['1', 'ü'], 'the line is not valid UTF-8', ['3', '😀']]);
    }
  });

  test('fields of a megabyte come through; a line of more than 16 MB is refused', async () => {
    const big = 'ß'.repeat(500_000);
    const { rows } = await read(
      `a,b\n1,${big}\n2,"${big}\n${big}"\n3,${'x'.repeat(17_000_000)}\n4,5\n`,
      65_536,
    );
    expect(rows.map((row) => row.values[1] ?? row.broken)).toEqual([
      big,
      `${big}\n${big}`,
      'the line is longer than 16 MB',
      '5',
    ]);
  });

  test('a file without a usable header is refused as a whole', async () => {
    await expect(read('')).rejects.toThrow(/empty/);
    await expect(read('\n \n\n')).rejects.toThrow(/empty/);
    await expect(read('email,email\n1,2\n')).rejects.toThrow(/two of its columns/);
    await expect(read(',,\n1,2,3\n')).rejects.toThrow(/names no column/);
    await expect(read('"email,name\n1,2\n')).rejects.toThrow(/first row/);
  });

  test('whatever a library writes is read as it was, whatever the chunks', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc
        .array(fc.constantFrom('"', ',', '\n', '\r\n', 'x', ' ', ';'), { maxLength: 8 })
        .map((parts) => parts.join('')),
    );
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 50 }), async (cells, size) => {
        // Rows of nothing are blank lines, which do not count.
        const given = cells.map(([a, b, c]) => [`k${a}`, b, c]);
        const text = `x,y,z\n${stringify(given)}`;
        expect(await values(text, size)).toEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  test('on any text it ends, keeps lines in order, and agrees with csv-parse where that reads the whole', async () => {
    const noise = fc
      .array(fc.constantFrom('"', '""', ',', '\n', 'a', 'b c', '1,2\n', '"x",y\n', '\r\n'), { maxLength: 40 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(noise, fc.integer({ min: 1, max: 9 }), async (text, size) => {
        const { rows } = await read(`a,b\n${text}`, size);
        const lines = rows.map((row) => row.line);
        expect(lines).toEqual([...lines].sort((a, b) => a - b));
        const whole = wholeRead(`a,b\n${text}`);
        if (whole?.every((record) => record.length === 2))
          expect(rows.map((row) => row.values)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});

/** What csv-parse makes of a text in one go, without the header; undefined when it refuses. */
function wholeRead(text: string): string[][] | undefined {
  try {
    return parse(text, {
      record_delimiter: ['\r\n', '\n'],
      skip_empty_lines: true,
      relax_column_count: true,
    }).slice(1);
  } catch {
    return undefined;
  }
}
