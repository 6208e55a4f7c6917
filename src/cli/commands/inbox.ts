import { type Command, InvalidArgumentError } from 'commander';
import { DearError } from '../../errors.ts';
import { type MailLine, mailLine, readableMail } from '../../inbox/mails.ts';
import { note } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { printable } from '../output.ts';

const SHOWN_BY_DEFAULT = 100;

/** `dear inbox list` and `dear inbox show ID`: the mails that came in. */
export const inbox: Register = (program, cli) => {
  const family = program.command('inbox').description('mails that came in and match no letter');
  family
    .command('list')
    .description('list them, the newest first')
    .option('--all', 'also the mails that were matched')
    .option('--limit <n>', 'how many at most', wholeNumber, SHOWN_BY_DEFAULT)
    .action((options: { all?: boolean; limit: number }, command: Command) => list(cli, command, options));
  family
    .command('show')
    .description('show the headers and the text of one')
    .argument('<id>', 'its number in the list', wholeNumber)
    .action((id: number, _options, command: Command) => show(cli, command, id));
};

async function list(cli: Cli, command: Command, options: { all?: boolean; limit: number }): Promise<void> {
  const out = cli.out(command);
  const mails = await cli.withApp(async (app) => {
    const found = await app.mails.list({ all: options.all === true, limit: options.limit });
    await note(cli, command, app, { action: 'read', subject: 'inbox', detail: { mails: found.length } });
    return found;
  });
  const lines: MailLine[] = [];
  for (const mail of mails) lines.push(await mailLine(mail));
  if (lines.length === 0)
    out.say(options.all ? 'No mail has come in.' : 'No mail waits here: every one matched a letter.');
  else {
    out.table(
      ['id', 'came', 'from', 'subject', 'why it is here'],
      lines.map((line) => [
        String(line.id),
        new Date(line.at).toISOString(),
        shortened(line.from, 40),
        shortened(line.subject, 50),
        line.note ?? (line.state === 'new' ? 'not looked at yet' : 'matched'),
      ]),
    );
    out.say(`\nRead one with dear inbox show ${lines[0]?.id}.`);
  }
  out.data(lines.map(forMachines));
}

async function show(cli: Cli, command: Command, id: number): Promise<void> {
  const out = cli.out(command);
  const kept = await cli.withApp(async (app) => {
    const found = await app.mails.byId(id);
    if (found !== undefined)
      await note(cli, command, app, { action: 'read', subject: 'inbox', detail: { mail: id } });
    return found;
  });
  if (kept === undefined) {
    throw new DearError('inbox.unknown', `There is no mail with the number ${id}.`, {
      kind: 'usage',
      mend: '`dear inbox list --all` shows the numbers of all mails.',
    });
  }
  const mail = await readableMail(kept);
  out.say(`Mail ${mail.id}, came ${new Date(mail.at).toISOString()}, ${mail.note ?? mail.state}\n`);
  for (const { key, value } of mail.headers) out.say(`${printable(key)}: ${printable(value)}`);
  out.say();
  for (const line of mail.text.split('\n')) out.say(printable(line));
  out.data({ ...forMachines(mail), headers: mail.headers, text: mail.text });
}

function forMachines({ id, at, state, note, from, subject, date }: MailLine) {
  return { id, at: new Date(at).toISOString(), state, note: note ?? null, from, subject, date };
}

function shortened(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
