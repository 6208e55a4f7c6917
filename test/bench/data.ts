import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../../src/cli/output.ts';
import { writeDataFiles } from './data-files.ts';
import { machine, machineLine, rounded } from './machine.ts';
import { type DataImport, dataImport, dataQuestions } from './results.ts';
import { type ShellImport, shellImport } from './sqlite-shell.ts';
import { startStep } from './steps.ts';

interface DataSize {
  readonly profiles: number;
  readonly events: number;
}

const NO_MAIL = { smtpUrl: 'smtp://127.0.0.1:1', connections: 1, profiled: 0 };
const rate = ({ count, seconds }: { count: number; seconds: number }) => Math.round(count / seconds);

/** The benchmark of the customer database: importing, and the questions that are asked of it. */
export async function data(size: DataSize, out: Output): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-bench-'));
  try {
    out.note('writing files');
    await writeDataFiles(folder, { ...size, until: Date.now() });
    const step = (name: 'data-import' | 'data-questions', which: 0 | 1) =>
      startStep(name, { ...NO_MAIL, folder, letters: which }).result;
    out.note('importing profiles');
    const profiles = dataImport.parse(await step('data-import', 0));
    out.note('importing events');
    const events = dataImport.parse(await step('data-import', 1));
    const database = join(folder, 'data', 'dear.db');
    const isSqlite = process.env.DATABASE_URL === undefined;
    out.note('asking questions');
    const questions = dataQuestions.parse(await step('data-questions', 0));
    if (isSqlite) out.note("importing with the sqlite3 shell's .import");
    const shell = isSqlite ? shellImport(database, folder) : undefined;
    const bytes = isSqlite ? (await stat(database)).size : undefined;
    print(out, { profiles, events, shell, questions, bytes });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Found {
  readonly profiles: DataImport;
  readonly events: DataImport;
  readonly shell: ShellImport | undefined;
  readonly questions: ReturnType<typeof dataQuestions.parse>;
  readonly bytes: number | undefined;
}

function print(out: Output, { profiles, events, shell, questions, bytes }: Found): void {
  const row = (name: string, found: DataImport, seconds: number | undefined) => {
    const theirs = seconds === undefined ? undefined : rate({ count: found.count, seconds });
    return [
      name,
      found.count,
      rate(found),
      theirs ?? 'no sqlite3 shell',
      theirs === undefined ? '' : rounded(rate(found) / theirs),
      rounded(found.cpuMicroseconds / found.count, 1),
      Math.round(found.peakRssMiB),
    ];
  };
  out.say(`\n${machineLine()}\n`);
  out.table(
    ['imported', 'rows', 'a second', "sqlite3's .import", 'Dear is × as fast', 'CPU µs a row', 'peak MiB'],
    [row('profiles', profiles, shell?.profilesSeconds), row('events', events, shell?.eventsSeconds)],
  );
  out.say(
    `\nA dossier takes ${rounded(questions.dossierP50Ms)} ms, 99 of 100 less than ${rounded(questions.dossierP99Ms)} ms.`,
  );
  if (questions.segments.length > 0) {
    out.table(
      ['segment', 'profiles', 'seconds'],
      questions.segments.map(({ name, count, seconds }) => [name, count, rounded(seconds, 3)]),
    );
  }
  out.data({
    profilesPerSecond: rate(profiles),
    eventsPerSecond: rate(events),
    ...(shell && {
      shellProfilesPerSecond: rate({ count: profiles.count, seconds: shell.profilesSeconds }),
      shellEventsPerSecond: rate({ count: events.count, seconds: shell.eventsSeconds }),
    }),
    profiles,
    events,
    ...questions,
    databaseBytes: bytes,
    machine: machine(),
  });
}
