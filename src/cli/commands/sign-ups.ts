import { type Command, InvalidArgumentError } from 'commander';
import { isTopic } from '../../profiles/consent.ts';
import { wrongTopic } from '../../profiles/topics.ts';
import type { Asked, Confirmation } from '../../sign-up/port.ts';
import { noteProfile } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { refuseMisspelt } from '../topics.ts';
import { addressOf } from './profile.ts';
import { signUpLetter } from './sign-up-letter.ts';

interface AddFlags {
  readonly topic: string[];
  readonly source: string;
  readonly wording?: string;
  readonly proof?: string;
  readonly language?: string;
}

/** `dear sign-ups`: consent that its owner confirms by a link (double opt-in). */
export const signUps: Register = (program, cli) => {
  const family = program
    .command('sign-ups')
    .description('consent that is confirmed by a link in a letter (double opt-in)');
  family
    .command('add')
    .argument('<email>')
    .requiredOption(
      '--topic <topic>',
      'what they want letters about; may be repeated',
      (text: string, texts: string[] | undefined) => [...(texts ?? []), text],
    )
    .option('--source <source>', 'where they asked for it', 'dear sign-ups add')
    .option('--wording <text>', "what they agreed to; default: the topic's wording in templates/topics.yaml")
    .option('--proof <text>', 'how it can be shown, such as the number of a paper form')
    .option('--language <language>', 'in which language to ask, such as de')
    .description('ask somebody to confirm that they want letters; nothing is sent to them until they do')
    .action((email: string, flags: AddFlags, command: Command) => add(cli, email, flags, command));
  family
    .command('list')
    .option('--limit <count>', 'how many at most', positive, 50)
    .description('list requests to confirm, the newest first')
    .action((flags: { limit: number }, command: Command) => list(cli, flags.limit, command));
  signUpLetter(family, cli);
};

const sentences: Readonly<Record<Asked, string>> = {
  asked: 'is asked to confirm; the letter leaves as soon as a send worker runs.',
  'agreed already': 'has agreed already; there is nothing to confirm.',
  'asked before': 'was asked a short while ago; no second letter is sent.',
  suppressed: 'is suppressed and gets no letter. `dear suppressions list` says why.',
};

async function add(cli: Cli, email: string, flags: AddFlags, command: Command): Promise<void> {
  const out = cli.out(command);
  const address = addressOf(email);
  const wrong = flags.topic.find((topic) => !isTopic(topic));
  if (wrong !== undefined) throw wrongTopic(wrong);
  const { source, wording, proof, language, topic: topics } = flags;
  const { asked, id } = await cli.withApp(async (app) => {
    await refuseMisspelt(app, topics);
    const result = await app.signUp({
      email: address,
      topics,
      source,
      wording,
      proof,
      language,
      at: Date.now(),
    });
    const found = await app.profiles.byEmail(address);
    if (found && result.asked === 'asked') {
      await noteProfile(cli, command, app, 'change', found.id, { topics, state: 'pending' });
    }
    return result;
  });
  out.say(`${address} ${sentences[asked]}`);
  out.data({ email: address, topics, result: asked, confirmation: id ?? null });
}

async function list(cli: Cli, limit: number, command: Command): Promise<void> {
  const out = cli.out(command);
  const found = await cli.withApp((app) => app.confirmations.list(limit));
  if (found.length === 0) {
    out.say('Nobody was asked to confirm yet: `dear sign-ups add EMAIL --topic TOPIC`, or the page at /s.');
  } else {
    out.table(
      ['id', 'address', 'topics', 'asked', 'letter', 'answer'],
      found.map((one) => [
        String(one.id),
        one.address ?? '(none)',
        one.topics.join(', '),
        minute(one.requestedAt),
        letterOf(one),
        answerOf(one),
      ]),
    );
  }
  out.data(
    found.map((one) => ({
      ...one,
      requestedAt: iso(one.requestedAt),
      expiresAt: iso(one.expiresAt),
      answeredAt: one.answeredAt === undefined ? null : iso(one.answeredAt),
    })),
  );
}

const letterOf = ({ state, response }: Confirmation) =>
  state === 'failed' || state === 'deferred' ? `${state}: ${response ?? ''}` : state;

const answerOf = ({ answer, expiresAt }: Confirmation) => answer ?? `open until ${minute(expiresAt)}`;
const iso = (at: number) => new Date(at).toISOString();
const minute = (at: number) => `${iso(at).slice(0, 16).replace('T', ' ')} UTC`;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}
