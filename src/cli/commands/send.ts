import type { Command } from 'commander';
import { DearError } from '../../errors.ts';
import type { Cli, Register } from '../cli.ts';

interface ShowOptions {
  readonly html?: boolean;
  readonly text?: boolean;
}

/** `dear send show ID`: a letter again, byte for byte, from its stored decision. */
export const send: Register = (program, cli) => {
  program
    .command('send')
    .description('look at single letters of the ledger')
    .command('show <id>')
    .description('print a letter again, byte for byte as it left; the id is in its X-Dear-Send header')
    .option('--html', 'only the HTML part')
    .option('--text', 'only the text part')
    .action((id: string, options: ShowOptions, command: Command) => show(cli, id, options, command));
};

async function show(cli: Cli, id: string, options: ShowOptions, command: Command): Promise<void> {
  const out = cli.out(command);
  if (!/^[1-9]\d{0,14}$/.test(id)) {
    throw new DearError('send.id', `'${id}' is not the id of a send.`, {
      kind: 'usage',
      mend: 'A send’s id is a whole number: see the X-Dear-Send header of the letter, or `dear why EMAIL CAMPAIGN --json`.',
    });
  }
  await cli.withApp(async (app) => {
    const shown = await app.showSend(Number(id));
    if (out.json) out.data({ ...shown.facts, identical: shown.identical, raw: shown.bytes.toString('utf8') });
    else if (options.html) process.stdout.write(shown.html);
    else if (options.text) process.stdout.write(shown.text);
    else process.stdout.write(shown.bytes);
    out.note(
      shown.identical
        ? `Identical to the letter that left (${shown.facts.size} octets, CRC-32 ${shown.facts.crc32}).`
        : shown.difference,
    );
  });
}
