import Table from 'cli-table3';
import pc from 'picocolors';

/** Where a command says what it found: text for people, or one JSON value with `--json`. */
export interface Output {
  readonly json: boolean;
  /** A line for people; nothing with `--json`. */
  say(line?: string): void;
  /** The machine's answer; printed only with `--json`. */
  data(value: unknown): void;
  /** A table for people; nothing with `--json`. Numbers are set to the right. */
  table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void;
  /** A remark beside the answer, on standard error. */
  note(line: string): void;
}

/** Printing to this process's standard output and standard error. */
export function terminalOutput(json: boolean): Output {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  return {
    json,
    say: (line = '') => {
      if (!json) print(line);
    },
    data: (value) => {
      if (json) print(JSON.stringify(value, null, 2));
    },
    table: (head, rows) => {
      if (!json) print(tableOf(head, rows));
    },
    note: (line) => {
      process.stderr.write(`${line}\n`);
    },
  };
}

const countFormat = new Intl.NumberFormat('en');

function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const table = new Table({
    head: head.map((title) => pc.bold(title)),
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
    chars: plainChars,
  });
  for (const row of rows) {
    table.push(row.map((cell) => (typeof cell === 'number' ? countFormat.format(cell) : printable(cell))));
  }
  return table.toString();
}

/** Customer data may hold control characters; a terminal must not act on them. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being replaced.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\u00b7');
}

const plainChars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
