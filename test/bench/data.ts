import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../../src/cli/output.ts';
import { writeDataFiles } from './data-files.ts';
import { machine, machineLine, rounded } from './machine.ts';
import {
  type DataHttp,
  type DataImport,
  type DataQuestions,
  dataHttp,
  dataImport,
  dataQuestions,
} from './results.ts';
import { type ShellImport, shellImport } from './sqlite-shell.ts';
import { type StepName, startStep } from './steps.ts';

interface DataSize {
  readonly profiles: number;
  readonly events: number;
}

interface Found {
  readonly database: 'SQLite' | 'PostgreSQL';
  readonly profiles: DataImport;
  readonly events: DataImport;
  readonly shell: ShellImport | undefined;
  readonly questions: DataQuestions;
  readonly http: DataHttp;
}

const HTTP_CONNECTIONS = 16;
const rate = ({ count, seconds }: { count: number; seconds: number }) => Math.round(count / seconds);
const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** The benchmark of the customer database: importing, the questions that are asked of it, and events over HTTP. */
export async function data(size: DataSize, out: Output): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-bench-'));
  try {
    out.note('writing files');
    await writeDataFiles(folder, { ...size, until: Date.now() });
    print(out, await measure(folder, out));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, out: Output): Promise<Found> {
  const options = { folder, smtpUrl: 'smtp://127.0.0.1:1', connections: HTTP_CONNECTIONS, profiled: 0 };
  const step = (title: string, name: StepName, which: 0 | 1 = 0) => {
    out.note(title);
    return startStep(name, { ...options, letters: which }).result;
  };
  const profiles = dataImport.parse(await step('importing profiles', 'data-import', 0));
  const events = dataImport.parse(await step('importing events', 'data-import', 1));
  const questions = dataQuestions.parse(await step('asking questions', 'data-questions'));
  const http = dataHttp.parse(await step('adding events over HTTP', 'data-http'));
  // Last: the shell leaves gigabytes to the system that are not on the disk yet, and all others would wait for them.
  const isSqlite = process.env.DATABASE_URL === undefined;
  if (isSqlite) out.note("importing with the sqlite3 shell's .import");
  const shell = isSqlite ? shellImport(join(folder, 'data', 'dear.db'), folder) : undefined;
  return { database: isSqlite ? 'SQLite' : 'PostgreSQL', profiles, events, shell, questions, http };
}

function print(out: Output, found: Found): void {
  out.say(`\n${machineLine()}, ${found.database}\n`);
  printImports(out, found);
  printSegments(out, found.questions);
  printLatencies(out, found);
  const { profiles, events, shell, questions, http } = found;
  out.say(
    `\nThe database takes ${mebibytes(questions.databaseBytes)} MiB; making the traits of all profiles took ` +
      `${rounded(questions.foldSeconds, 1)} s.`,
  );
  out.data({
    database: found.database,
    profilesPerSecond: rate(profiles),
    eventsPerSecond: rate(events),
    ...(shell && {
      shellProfilesPerSecond: rate({ count: profiles.count, seconds: shell.profilesSeconds }),
      shellEventsPerSecond: rate({ count: events.count, seconds: shell.eventsSeconds }),
      profilesRatioToShell: rounded(shell.profilesSeconds / profiles.seconds, 3),
      eventsRatioToShell: rounded(shell.eventsSeconds / events.seconds, 3),
    }),
    profiles,
    events,
    ...questions,
    http,
    machine: machine(),
  });
}

function printImports(out: Output, { profiles, events, shell, database }: Found): void {
  const none = database === 'SQLite' ? 'no sqlite3 shell' : '';
  const row = (name: string, one: DataImport, seconds: number | undefined) => {
    const theirs = seconds === undefined ? undefined : rate({ count: one.count, seconds });
    return [
      name,
      one.count,
      rate(one),
      theirs ?? none,
      theirs === undefined ? '' : rounded(rate(one) / theirs),
      rounded(one.cpuMicroseconds / one.count, 1),
      Math.round(one.peakRssMiB),
    ];
  };
  out.table(
    ['imported', 'rows', 'a second', "sqlite3's .import", 'Dear is × as fast', 'CPU µs a row', 'peak MiB'],
    [row('profiles', profiles, shell?.profilesSeconds), row('events', events, shell?.eventsSeconds)],
  );
}

function printSegments(out: Output, { segments, peakRssMiB }: DataQuestions): void {
  out.say('');
  out.table(
    ['segment', 'profiles', 'seconds', 'goes through all events'],
    segments.map(({ name, count, seconds, wide }) => [
      name,
      count,
      rounded(seconds, 3),
      wide.length === 0 ? 'no' : `yes: ${wide.join('; ')}`,
    ]),
  );
  out.say(`\nAsked one after the other, with dossiers; peak ${Math.round(peakRssMiB)} MiB.\n`);
}

function printLatencies(out: Output, { questions, http }: Found): void {
  const ms = (p50: number, p99: number) => [rounded(p50), rounded(p99)];
  out.table(
    ['on the full database', 'p50 ms', 'p99 ms'],
    [
      ['a dossier', ...ms(questions.dossierP50Ms, questions.dossierP99Ms)],
      [`100 events over HTTP, ${http.eventsPerSecond} events a second`, ...ms(http.p50Ms, http.p99Ms)],
      ['a dossier, meanwhile', ...ms(http.dossierP50Ms, http.dossierP99Ms)],
    ],
  );
  out.say(
    `\nThe process that serves took ${rounded(http.cpuMicroseconds)} µs of CPU an event and ` +
      `${Math.round(http.peakRssMiB)} MiB at most; worst call ${rounded(http.worstMs)} ms, ${http.failed} failed.`,
  );
}
