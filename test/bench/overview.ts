import type { Output } from '../../src/cli/output.ts';
import { Contest, type ContestSize } from './contest.ts';
import { machine, machineLine, perSecond, rounded } from './machine.ts';

/** The benchmark of the whole loop: what comes in, what is rendered, what leaves. */
export async function overview(size: ContestSize, out: Output): Promise<void> {
  const found = await Contest.hold(size, out.note, async (contest) => ({
    imported: await contest.import(),
    dear: await contest.dear(),
    rendered: await contest.render(Math.max(size.letters, 20_000)),
    pool: await contest.rival('pool', size.letters),
  }));
  const { imported, dear, rendered, pool } = found;
  const rate = ({ count, seconds }: { count: number; seconds: number }) => Math.round(count / seconds);
  const result = {
    profilesPerSecond: rate(imported.profiles),
    eventsPerSecond: rate(imported.events),
    renderedPerSecond: perSecond(rendered),
    lettersPerSecond: perSecond(dear),
    nodemailerPerSecond: perSecond(pool),
    ratioToNodemailer: rounded(perSecond(dear) / perSecond(pool)),
  };
  out.say(`\n${machineLine()}\n`);
  out.table(
    ['measured', 'of', 'per second'],
    [
      ['profiles imported', count(imported.profiles.count), result.profilesPerSecond],
      ['events imported', count(imported.events.count), result.eventsPerSecond],
      ['letters rendered', count(rendered.letters), result.renderedPerSecond],
      ['letters sent by Dear', count(dear.letters), result.lettersPerSecond],
      ["letters sent by nodemailer's pool", count(pool.letters), result.nodemailerPerSecond],
    ],
  );
  out.say(
    `\nDear is ${result.ratioToNodemailer} times as fast as nodemailer's pool with html and text: the same ` +
      `letters (${count(rendered.html)} characters of HTML),\nthe same sink, ${size.connections} connections, ` +
      'one process. Dear also plans, queues, claims, renders and records them.',
  );
  out.data({
    ...result,
    profiles: imported.profiles.count,
    events: imported.events.count,
    letters: dear.letters,
    letter: { html: rendered.html, text: rendered.text, octets: rendered.octets },
    connections: size.connections,
    machine: machine(),
  });
}

const format = new Intl.NumberFormat('en');
const count = (value: number) => format.format(value);
