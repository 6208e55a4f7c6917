import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Send } from '../../campaigns/port.ts';
import { whySentence } from '../../campaigns/why.ts';
import { readLetter } from './letter.ts';
import { plainName } from './names.ts';
import type { InMailbox } from './reading.ts';
import type { Shop } from './shop.ts';
import type { Stage } from './stage.ts';

const LETTERS = 3;

/** A letter to open in a browser. */
export interface Keepsake {
  readonly sendId: number;
  readonly email: string;
  readonly firstName: string;
  readonly variant: string;
  readonly subject: string;
  /** Its HTML part; the whole mail lies beside it as .eml. */
  readonly file: string;
}

/** Writes three letters that differ as much as possible as files: other variants, modules, countries, tastes. */
export async function keepLetters(stage: Stage, mails: readonly InMailbox[]): Promise<Keepsake[]> {
  const folder = join(stage.folder, 'letters');
  await mkdir(folder);
  const kept: Keepsake[] = [];
  for (const { mail, customer, variant } of mostDifferent(mails, LETTERS)) {
    const letter = await readLetter(mail, stage.app.config.publicUrl);
    const firstName = customer.firstName ?? customer.lastName;
    const name = join(folder, `${kept.length + 1}-${plainName(firstName) || 'customer'}`);
    await writeFile(`${name}.html`, letter.html);
    await copyFile(mail.file, `${name}.eml`);
    const { subject, sendId } = letter;
    kept.push({ sendId, email: customer.email, firstName, variant, subject, file: `${name}.html` });
  }
  return kept;
}

/** Each next one is the one whose nearest among those chosen is farthest away. */
function mostDifferent(mails: readonly InMailbox[], count: number): InMailbox[] {
  const chosen: InMailbox[] = [];
  const left = mails.filter(({ customer }) => plainName(customer.firstName ?? '') !== '');
  const distance = (one: InMailbox) => Math.min(...chosen.map((other) => differences(one, other)));
  while (chosen.length < count && left.length > 0) {
    const farthest = left.reduce((best, one) => (distance(one) > distance(best) ? one : best));
    chosen.push(farthest);
    left.splice(left.indexOf(farthest), 1);
  }
  return chosen;
}

function differences(one: InMailbox, other: InMailbox): number {
  const differ = [
    one.variant !== other.variant,
    one.modules !== other.modules,
    one.customer.country !== other.customer.country,
    one.customer.favouriteCategory !== other.customer.favouriteCategory,
  ];
  return differ.filter(Boolean).length;
}

/** Why one customer got the letter, or did not. */
export interface Told {
  readonly email: string;
  readonly why: string;
}

/** What makes a customer worth telling about; the first customer of each kind is told about. */
const kinds: readonly ((send: Send) => boolean)[] = [
  (send) => send.state === 'accepted' && send.clickedAt !== undefined && send.repliedAt !== undefined,
  (send) => send.state === 'queued' && send.dueAt > send.plannedAt + 86_400_000,
  (send) => send.reason === 'over frequency',
  (send) => send.reason === 'no consent',
  (send) => send.reason === 'holdout',
];

/** Sentences about a few customers whose cases differ. */
export async function tellWhy({ app }: Stage, shop: Shop, campaign: string): Promise<Told[]> {
  const run = await app.runOf(campaign);
  const ids = await app.profiles.idsOf(shop.customers.map(({ email }) => email));
  const customers = await app.letters.customers.byIds([...ids.values()]);
  const open = new Set(kinds);
  const told = new Map<(typeof kinds)[number], Told>();
  for (const { email } of shop.customers) {
    if (open.size === 0) break;
    const customer = customers.get(ids.get(email) ?? 0);
    if (customer === undefined) continue;
    const send = await app.ledger.sendOf(run.id, customer.id);
    const kind = send && [...open].find((fits) => fits(send));
    if (kind === undefined) continue;
    open.delete(kind);
    told.set(kind, { email, why: whySentence(run, customer, send) });
  }
  return kinds.flatMap((kind) => told.get(kind) ?? []);
}
