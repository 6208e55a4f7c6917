import { resolve } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { DearError } from '../../errors.ts';
import type { Register } from '../cli.ts';
import { untilStopped } from '../stop.ts';

interface Flags {
  readonly port: string;
  readonly folder: string;
}

/** `dear mailbox`: a mailbox server on this machine, to try campaigns on before anybody gets them. */
export const mailbox: Register = (program, cli) => {
  program
    .command('mailbox')
    .description('run a mailbox server on this machine that keeps every letter and sends none on')
    .option('--port <port>', 'the port to listen on', '1025')
    .option('--folder <folder>', 'where the letters are kept, as .eml files', 'data/mailbox')
    .action(async (flags: Flags, command: Command) => {
      const out = cli.out(command);
      const stop = untilStopped();
      const folder = resolve(cli.cwd, flags.folder);
      const { openMailbox } = await import('../mailbox.ts');
      const opened = await openMailbox(folder, {
        port: portOf(flags.port),
        naming: 'arrival',
        onMail: (mail) => out.say(`  ${mail.recipient}  ${mail.file}`),
      });
      out.say(
        `${pc.green('✓')} The mailbox takes letters at smtp://127.0.0.1:${opened.port} and keeps them in ${folder}. Ctrl-C stops it.`,
      );
      await stop.stopped;
      await opened.close();
      out.say(`It took ${opened.mails.length} letters.`);
      out.data({ folder, mails: opened.mails.map(({ recipient, file }) => ({ recipient, file })) });
      stop.release();
    });
};

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new DearError('mailbox.port', `'${text}' is no port.`, {
    kind: 'usage',
    mend: 'A port is a number from 0 to 65535.',
  });
}
