import { Command, InvalidArgumentError, Option } from 'commander';
import { terminalOutput } from '../../src/cli/output.ts';
import { messageOf } from '../../src/errors.ts';
import { data } from './data.ts';
import { delivery } from './delivery.ts';
import { httpBench } from './http.ts';
import type { HttpLoad } from './http-load.ts';
import { overview } from './overview.ts';
import { type ScaleSize, scale } from './scale.ts';

/*
 * `npm run bench`. It runs compiled, as Dear itself does when it is installed: tsx wraps every function that a
 * letter makes, which costs Dear some of its time and its rivals none.
 */

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
};

interface Flags {
  readonly letters: number;
  readonly profiles?: number;
  readonly events?: number;
  readonly profiled: number;
  readonly connections: number;
  readonly away?: number;
  readonly cpuProfile?: string;
  readonly json?: boolean;
}

const program = new Command('npm run bench --').description('Measures Dear on this machine.');
const connections = new Option('--connections <n>', 'SMTP connections of each contender')
  .argParser(whole(1))
  .default(40);
const letters = (count: number) =>
  new Option('--letters <n>', 'letters to send').argParser(whole(1)).default(count);
const json = new Option('--json', 'print one JSON object and nothing else');

program
  .command('overview', { isDefault: true })
  .description('importing, rendering, and sending against nodemailer’s pool')
  .addOption(letters(5000))
  .option('--profiles <n>', 'profiles to import', whole(1), 50_000)
  .option('--events <n>', 'events to import', whole(1), 200_000)
  .addOption(connections)
  .addOption(json)
  .action((flags: Flags) => overview(sizeOf({ ...flags, profiled: 0 }), terminalOutput(flags.json === true)));

program
  .command('delivery')
  .description('sending against the limit of the sockets and two common ways, with CPU time by stage')
  .addOption(letters(20_000))
  .option('--away <ms>', 'how long each answer of the server takes, as if it were that far away', whole(0), 0)
  .option('--profiled <n>', 'letters of the run under the profiler; 0 for none', whole(0), 4000)
  .option('--cpu-profile <file>', 'where to write the profile, for Chrome’s developer tools')
  .addOption(connections)
  .addOption(json)
  .action((flags: Flags) => delivery(sizeOf(flags), terminalOutput(flags.json === true)));

program
  .command('http')
  .description('adding events over HTTP: at a pace, and as fast as they are taken')
  .option('--rate <n>', 'events a second of the paced part', whole(1), 10_000)
  .option('--batch <n>', 'events a call', whole(1), 100)
  .option('--seconds <n>', 'how long each part takes', whole(1), 10)
  .option('--profiles <n>', 'customers that the events belong to', whole(1), 50_000)
  .addOption(new Option('--connections <n>', 'connections').argParser(whole(1)).default(16))
  .addOption(json)
  .action((flags: HttpLoad & { json?: boolean }) => httpBench(flags, terminalOutput(flags.json === true)));

program
  .command('data')
  .description('importing profiles and events against sqlite3’s .import, dossiers and segments')
  .option('--profiles <n>', 'profiles; 1000000 for the full size', whole(1), 50_000)
  .option('--events <n>', 'events; 20000000 for the full size', whole(1), 1_000_000)
  .addOption(json)
  .action((flags: { profiles: number; events: number; json?: boolean }) =>
    data(flags, terminalOutput(flags.json === true)),
  );

const numbers = (text: string) => text.split(',').map(whole(1));

program
  .command('scale')
  .description('memory against the size of a run, and speed against the number of worker processes')
  .option('--sizes <list>', 'letters of the runs, such as 10000,100000,1000000', numbers, [10_000, 100_000])
  .option('--workers <list>', 'numbers of worker processes', numbers, [1, 2, 4])
  .addOption(letters(20_000))
  .addOption(connections)
  .addOption(json)
  .action((flags: ScaleSize & { json?: boolean }) => scale(flags, terminalOutput(flags.json === true)));

/** Everybody who gets a letter must have ordered something. */
function sizeOf(flags: Flags) {
  const profiles = Math.max(flags.profiles ?? 0, flags.letters);
  return {
    profiles,
    events: Math.max(flags.events ?? profiles * 4, profiles),
    letters: flags.letters,
    profiled: Math.min(flags.profiled, flags.letters),
    connections: flags.connections,
    away: flags.away ?? 0,
    cpuProfile: flags.cpuProfile,
  };
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
