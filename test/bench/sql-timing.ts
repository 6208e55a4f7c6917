import Sqlite from 'better-sqlite3';

/** Statements of the ledger by what they do, told from their text. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ['claim', /UPDATE sends SET state = 'sending'/],
  ['settle', /UPDATE sends SET state = v\.state/],
  ['decide', /UPDATE sends SET decision/],
  ['lease', /UPDATE sends SET lease_token = \?/],
  ['plan', /insert into "sends"|UPDATE runs SET planned_to/i],
  ['begin and commit', /^(BEGIN|COMMIT)/],
  ['read customers and their data', /^\s*(SELECT|with)/i],
];

/** By kind: microseconds, and how often a statement was run. */
export interface Statements {
  readonly micros: Record<string, number>;
  readonly runs: Record<string, number>;
}

/**
 * Times every statement that better-sqlite3 runs, which it does synchronously: SQLite's own time, with the wait for
 * the disk. It hooks into the library's prototype, so it must be called before a database is opened.
 */
export function timeStatements(): { start(): void; stop(): Statements } {
  let micros: Record<string, number> = {};
  let runs: Record<string, number> = {};
  let running = false;
  const timed = <T>(text: string, work: () => T): T => {
    if (!running) return work();
    const started = performance.now();
    try {
      return work();
    } finally {
      const kind = kinds.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
      runs[kind] = (runs[kind] ?? 0) + 1;
      micros[kind] = (micros[kind] ?? 0) + (performance.now() - started) * 1000;
    }
  };
  const { prepare, exec } = Sqlite.prototype;
  Sqlite.prototype.exec = function (text) {
    return timed(text, () => exec.call(this, text));
  };
  // The seam: prepare's overloads cannot be repeated here, and what it returns is the library's own statement.
  Sqlite.prototype.prepare = function (this: Sqlite.Database, text: string) {
    const statement = prepare.call(this, text);
    for (const method of ['all', 'get', 'run'] as const) {
      const original = statement[method];
      Object.defineProperty(statement, method, {
        value: (...given: unknown[]) => timed(text, () => Reflect.apply(original, statement, given)),
      });
    }
    return statement;
  } as typeof prepare;
  return {
    start: () => {
      micros = {};
      runs = {};
      running = true;
    },
    stop: () => {
      running = false;
      return { micros, runs };
    },
  };
}
