import type { Command } from 'commander';
import pc from 'picocolors';
import { DearError } from '../../errors.ts';
import { normaliseEmail } from '../../profiles/email.ts';
import type { Cli } from '../cli.ts';
import { sayProblems } from '../problems.ts';

interface PreviewFlags {
  readonly language?: string;
  readonly topic?: string[];
  readonly to: string;
  readonly html?: boolean;
  readonly text?: boolean;
}

/** No request has it: the link of a letter that was only looked at leads nowhere. */
const NO_CONFIRMATION = 0;
const WEEK_MS = 7 * 86_400_000;

/** `dear sign-ups check` and `preview`: the letter that asks, before anybody gets it. */
export function signUpLetter(family: Command, cli: Cli): void {
  family
    .command('check')
    .description('look for mistakes in the letter that asks, templates/sign-up/letter.yaml')
    .action((_flags, command: Command) => check(cli, command));
  family
    .command('preview')
    .option('--language <language>', 'the reader’s; default: the first that there is')
    .option(
      '--topic <topic>',
      'what was signed up for; may be repeated; default: all of the sign-up page',
      (text: string, texts: string[] | undefined) => [...(texts ?? []), text],
    )
    .option('--to <email>', 'whom it is for; what is known of them is in it', 'reader@example.com')
    .option('--html', 'only the HTML part')
    .option('--text', 'only the text part')
    .description('print the letter that asks as it would leave now; its link leads nowhere')
    .action((flags: PreviewFlags, command: Command) => preview(cli, flags, command));
}

async function check(cli: Cli, command: Command): Promise<void> {
  const out = cli.out(command);
  const { templatesDir } = cli.config();
  // MJML is large, and only who compiles needs it.
  const { checkConfirmation } = await import('../../content/confirmation.ts');
  const problems = await checkConfirmation(templatesDir);
  if (problems === undefined)
    out.say(
      `There is no ${templatesDir}/sign-up/letter.yaml, so a plain letter asks: \`dear sign-ups preview\` shows it.`,
    );
  else sayProblems(out, problems);
  if (problems?.length === 0) out.say(`${pc.green('✓')} The letter that asks can be sent.`);
  out.data(problems ?? []);
  if (problems?.some(({ level }) => level === 'error')) process.exitCode = 1;
}

async function preview(cli: Cli, flags: PreviewFlags, command: Command): Promise<void> {
  const out = cli.out(command);
  const address = normaliseEmail(flags.to);
  if (address === undefined) {
    throw new DearError('sign-up.address', `'${flags.to}' is not an e-mail address.`, {
      kind: 'usage',
      mend: 'Write it like ann@example.com.',
    });
  }
  await cli.withApp(async (app) => {
    const letters = await app.confirmationLetters();
    const offered = app.topics.topics.filter(({ signUp }) => signUp).map(({ name }) => name);
    const topics = flags.topic ?? (offered.length > 0 ? offered : ['offers']);
    const now = Date.now();
    const letter = await letters.write({
      id: NO_CONFIRMATION,
      profileId: (await app.profiles.byEmail(address))?.id ?? 0,
      address,
      topics,
      language: flags.language,
      requestedAt: now,
      expiresAt: now + WEEK_MS,
    });
    const { language, subject, html, text, from, to } = letter;
    if (out.json) {
      out.data({ from, to, subject, language, languages: letters.languages, html, text });
    } else process.stdout.write(flags.html ? html : flags.text ? text : letter.bytes);
    out.note(
      `‘${subject}’, in ${language}; there ${letters.languages.length === 1 ? 'is' : 'are'} ${letters.languages.join(', ')}.`,
    );
  });
}
