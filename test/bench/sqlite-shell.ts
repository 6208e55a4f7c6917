import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export interface ShellImport {
  readonly profilesSeconds: number;
  readonly eventsSeconds: number;
}

/**
 * The sqlite3 shell's own `.import` of the rows that Dear has stored, into new tables with the same columns and
 * indexes; undefined when there is no sqlite3 shell. It reads columns that are ready: no mapping, no addresses to
 * look up, no dates to read, no JSON to write, no consent. Events that have a key came over HTTP, and are left out.
 */
export function shellImport(database: string, folder: string): ShellImport | undefined {
  if (spawnSync('sqlite3', ['--version']).status !== 0) return undefined;
  const target = join(folder, 'shell.db');
  const columns = {
    profiles: namesOf(database, 'profiles'),
    events: namesOf(database, 'events').filter((name) => name !== 'key'),
  };
  const imported = { profiles: '', events: 'WHERE key IS NULL' };
  const timed = (table: 'profiles' | 'events') => {
    const file = join(folder, `${table}.rows.csv`);
    const names = columns[table].join(', ');
    run(database, [
      '.mode csv',
      `.output ${file}`,
      `SELECT ${names} FROM ${table} ${imported[table]} ORDER BY id;`,
    ]);
    run(target, [`CREATE TABLE ${table}(id INTEGER PRIMARY KEY, ${columns[table].slice(1).join(', ')});`]);
    for (const sql of indexesOf(database, table)) run(target, [`${sql};`]);
    const started = performance.now();
    run(target, [`.import --csv ${file} ${table}`]);
    const seconds = (performance.now() - started) / 1000;
    rmSync(file);
    return seconds;
  };
  const times = { profilesSeconds: timed('profiles'), eventsSeconds: timed('events') };
  rmSync(target);
  return times;
}

function run(database: string, commands: readonly string[]): string {
  return execFileSync('sqlite3', ['-batch', '-bail', database], {
    input: `${commands.join('\n')}\n`,
    encoding: 'utf8',
  });
}

function namesOf(database: string, table: string): string[] {
  const names = run(database, [`SELECT name FROM pragma_table_info('${table}');`])
    .trim()
    .split('\n');
  return ['id', ...names.filter((name) => name !== 'id')];
}

/** What the shell makes of empty cells is a text, so an index of keys that are not null would hold it twice. */
function indexesOf(database: string, table: string): string[] {
  return run(database, [
    `SELECT replace(sql, char(10), ' ') FROM sqlite_master WHERE type = 'index' AND tbl_name = '${table}' AND sql IS NOT NULL AND sql NOT LIKE '%WHERE%';`,
  ])
    .trim()
    .split('\n');
}
