import { parse } from 'csv-parse/sync';
import { type Line, type Lines, linesIn } from './lines.ts';
import type { FileRow } from './record.ts';

/** Characters that a record may have while its quotation marks are open. */
const RECORD_MAX = 16 * 1024 * 1024;

const QUOTE = '"';

/**
 * Makes records of lines. A line without quotation marks is cut at the delimiter, everything else is left to
 * csv-parse, many records at once. What the library alone cannot do: know each record's line at no cost, and
 * lose one line instead of the rest of the file when a quotation mark is not closed.
 */
export class CsvRecords {
  readonly #delimiter: string;
  readonly #width: number;
  /** Lines of a record whose quotation marks are open. */
  #open: Line[] = [];
  #openSize = 0;

  constructor(delimiter: string, width: number) {
    this.#delimiter = delimiter;
    this.#width = width;
  }

  /** As long as no quotation mark comes, lines are cut as they are. */
  take(lines: Lines): FileRow[] {
    const rows: FileRow[] = [];
    const { first, texts } = lines;
    if (lines.broken !== undefined || this.#open.length > 0) return this.push(linesIn(lines));
    for (let place = 0; place < texts.length; place += 1) {
      const text = texts[place] ?? '';
      if (text.includes(QUOTE)) {
        for (const row of this.push(linesIn(lines, place))) rows.push(row);
        break;
      }
      this.#takePlain(first + place, text, rows);
    }
    return rows;
  }

  /** The values of a record that was whole. */
  whole(text: string): readonly string[] {
    return this.#parse(text)?.[0] ?? [];
  }

  push(lines: readonly Line[]): FileRow[] {
    const rows: FileRow[] = [];
    const quoted: number[] = [];
    // Lines that come back after a broken start are put before those that follow; the last is next.
    const waiting = lines.length === 0 ? [] : [...lines].reverse();
    for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
      const again = this.#take(line, rows, quoted);
      for (let index = again.length - 1; index >= 0; index -= 1) {
        const back = again[index];
        if (back !== undefined) waiting.push(back);
      }
    }
    this.#parseQuoted(rows, quoted);
    return rows;
  }

  /** The rows that were still open; their quotation mark is never closed. */
  end(): FileRow[] {
    const rows: FileRow[] = [];
    while (this.#open.length > 0) {
      const again = this.#giveUp(rows, 'a quotation mark is opened and never closed');
      for (const row of this.push(again)) rows.push(row);
    }
    return rows;
  }

  /** Takes one line; returns lines that must be taken again. */
  #take(line: Line, rows: FileRow[], quoted: number[]): Line[] {
    if (line.broken !== undefined) {
      if (this.#open.length === 0) {
        rows.push({ line: line.number, text: line.text, values: [], broken: line.broken });
        return [];
      }
      return [...this.#giveUp(rows, 'a quotation mark is opened and not closed before a broken line'), line];
    }
    const quotes = countQuotes(line.text);
    if (this.#open.length === 0 && quotes % 2 === 0) {
      this.#takeWhole(line, quotes > 0, rows, quoted);
      return [];
    }
    this.#open.push(line);
    this.#openSize += line.text.length + 1;
    if (quotes % 2 === 1 && this.#open.length > 1) return this.#close(rows);
    if (this.#openSize > RECORD_MAX) {
      return this.#giveUp(rows, `a quotation mark is not closed within ${RECORD_MAX / 1024 / 1024} MB`);
    }
    return [];
  }

  #takeWhole(line: Line, hasQuotes: boolean, rows: FileRow[], quoted: number[]): void {
    if (!hasQuotes) {
      this.#takePlain(line.number, line.text, rows);
      return;
    }
    const text = line.text.endsWith('\r') ? line.text.slice(0, -1) : line.text;
    quoted.push(rows.length);
    rows.push({ line: line.number, text, values: [] });
  }

  #takePlain(number: number, line: string, rows: FileRow[]): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text !== '') rows.push(this.#row(number, text, text.split(this.#delimiter)));
  }

  /** The open record's last quotation mark came: it must be readable now. */
  #close(rows: FileRow[]): Line[] {
    const text = textOf(this.#open);
    const [record] = this.#parse(text) ?? [];
    const start = this.#open[0]?.number ?? 0;
    if (record === undefined) return this.#giveUp(rows, 'its quotation marks are not those of CSV');
    this.#open = [];
    this.#openSize = 0;
    rows.push(this.#row(start, text, record));
    return [];
  }

  /** Refuses the first of the open lines and returns the others. */
  #giveUp(rows: FileRow[], broken: string): Line[] {
    const [first, ...others] = this.#open;
    this.#open = [];
    this.#openSize = 0;
    if (first) rows.push({ line: first.number, text: first.text, values: [], broken });
    return others;
  }

  /** Reads all one-line records with quotation marks at once, and one by one when one of them is broken. */
  #parseQuoted(rows: FileRow[], quoted: readonly number[]): void {
    if (quoted.length === 0) return;
    const texts = quoted.map((index) => rows[index]?.text ?? '');
    const together = this.#parse(texts.join('\n'));
    const isWhole = together?.length === quoted.length;
    quoted.forEach((index, place) => {
      const row = rows[index];
      if (row === undefined) return;
      const values = isWhole ? together?.[place] : this.#parse(row.text)?.[0];
      rows[index] =
        values === undefined
          ? { ...row, broken: 'its quotation marks are not those of CSV' }
          : this.#row(row.line, row.text, values);
    });
  }

  #parse(text: string): string[][] | undefined {
    try {
      return parse(text, {
        delimiter: this.#delimiter,
        record_delimiter: '\n',
        relax_column_count: true,
        max_record_size: 0,
      });
    } catch {
      return undefined;
    }
  }

  #row(line: number, text: string, values: readonly string[]): FileRow {
    if (values.length === this.#width) return { line, text, values };
    const broken = `it has ${values.length} fields, the header has ${this.#width}`;
    return { line, text, values: [], broken };
  }
}

function textOf(lines: readonly Line[]): string {
  const text = lines.map((line) => line.text).join('\n');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function countQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf(QUOTE); at >= 0; at = text.indexOf(QUOTE, at + 1)) count += 1;
  return count;
}
