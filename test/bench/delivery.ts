import type { Output } from '../../src/cli/output.ts';
import { Contest, type ContestSize } from './contest.ts';
import { machine, machineLine, perSecond, rounded } from './machine.ts';
import type { DearResult, SendResult } from './results.ts';

/** Handlebars and MJML for each letter are so slow that fewer letters say as much. */
const NAIVE_LETTERS = 200;

/** The benchmark of delivery: Dear, the limit of the same sockets, and two ways that people do it today. */
export async function delivery(size: ContestSize, out: Output): Promise<void> {
  const found = await Contest.hold(size, out.note, async (contest) => {
    await contest.import();
    return {
      dear: await contest.dear(),
      rendered: await contest.render(1),
      limit: await contest.rival('limit', size.letters),
      pool: await contest.rival('pool', size.letters),
      naive: await contest.rival('naive', Math.min(NAIVE_LETTERS, size.letters)),
    };
  });
  const { dear, rendered, limit, pool, naive } = found;
  out.say(`\n${machineLine()}`);
  out.say(
    `${format.format(dear.letters)} letters of about ${Math.round(rendered.html / 1000)} kB HTML and ` +
      `${rounded(rendered.text / 1000, 1)} kB text, ${size.connections} connections` +
      `${size.away === 0 ? '' : `, a server ${size.away} ms away`}\n`,
  );
  const line = (what: string, result: SendResult, cpu = result.cpuMicroseconds / result.letters) =>
    [what, perSecond(result), rounded(perSecond(dear) / perSecond(result)), Math.round(cpu)] as const;
  out.table(
    ['sent by', 'letters a second', 'Dear is × as fast', 'µs CPU a letter'],
    [
      line('(a) Dear, the whole path', dear),
      line('(b) ready bytes, the limit', limit),
      line("(c) nodemailer's pool", pool),
      line(`(d) Handlebars, MJML, nodemailer (from ${format.format(naive.letters)} letters)`, naive),
    ],
  );
  out.say(
    `\nDear: planned after ${rounded(dear.plannedSeconds)} s, done after ${rounded(dear.seconds)} s, ` +
      `peak memory ${Math.round(dear.peakRssMiB)} MiB.`,
  );
  sayStages(out, dear);
  out.data({
    lettersPerSecond: perSecond(dear),
    limitPerSecond: perSecond(limit),
    nodemailerPerSecond: perSecond(pool),
    naivePerSecond: rounded(naive.letters / naive.seconds, 1),
    ratioToLimit: rounded(perSecond(dear) / perSecond(limit)),
    ratioToNodemailer: rounded(perSecond(dear) / perSecond(pool)),
    cpuMicrosecondsPerLetter: microseconds(dear, { limit, pool, naive }),
    peakRssMiB: rounded(dear.peakRssMiB, 1),
    plannedSeconds: rounded(dear.plannedSeconds),
    letters: dear.letters,
    naiveLetters: naive.letters,
    letter: { html: rendered.html, text: rendered.text, octets: rendered.octets },
    connections: size.connections,
    awayMs: size.away,
    machine: machine(),
  });
}

const format = new Intl.NumberFormat('en');

function sayStages(out: Output, { stages }: DearResult): void {
  if (stages === undefined) return;
  out.say(
    `\nWhere Dear spends its CPU time, of ${format.format(stages.letters)} letters under the profiler ` +
      `(${Math.round(stages.cpuMicroseconds)} µs a letter)\n`,
  );
  out.table(['stage', 'µs a letter'], tenths(stages.stages));
}

const tenths = (micros: Record<string, number>) =>
  Object.entries(micros).map(([name, value]) => [name, rounded(value, 1)] as const);

function microseconds(dear: DearResult, rivals: Record<string, SendResult>) {
  const total = ({ letters, cpuMicroseconds }: { letters: number; cpuMicroseconds: number }) =>
    rounded(cpuMicroseconds / letters, 1);
  return {
    total: total(dear),
    ...(dear.stages && {
      byStage: Object.fromEntries(tenths(dear.stages.stages)),
    }),
    rivals: Object.fromEntries(Object.entries(rivals).map(([name, result]) => [name, total(result)])),
  };
}
