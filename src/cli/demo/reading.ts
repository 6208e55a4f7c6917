import { setTimeout as wait } from 'node:timers/promises';
import { decisionSchema } from '../../campaigns/decision.ts';
import type { Run } from '../../campaigns/port.ts';
import { DearError } from '../../errors.ts';
import type { KeptMail } from '../mailbox.ts';
import { type ReceivedLetter, readLetter } from './letter.ts';
import type { Narrator } from './narrator.ts';
import { act, type DoneCounts, doingsOf } from './readers.ts';
import { openCorrespondence } from './replies.ts';
import type { Shop, ShopCustomer } from './shop.ts';
import type { Stage } from './stage.ts';

const AT_ONCE = 16;
const LOOK_MS = 50;
const FOLD_MS = 30_000;

/** A letter in the mailbox, whose it is, and what the ledger says about how it was put together. */
export interface InMailbox {
  readonly mail: KeptMail;
  readonly customer: ShopCustomer;
  readonly variant: string;
  /** The modules that depend on the reader, and whether they appear. */
  readonly modules: string;
}

/** The mails of one run, in the order of their sends. */
export async function mailsOf({ app, mailbox }: Stage, shop: Shop, run: Run): Promise<InMailbox[]> {
  const customers = new Map(shop.customers.map((customer) => [customer.email, customer]));
  const found: InMailbox[] = [];
  for (const mail of [...mailbox.mails].sort((a, b) => a.sendId - b.sendId)) {
    const send = await app.ledger.send(mail.sendId);
    const customer = customers.get(mail.recipient);
    if (send?.runId !== run.id || customer === undefined) continue;
    const decision = decisionSchema.parse(JSON.parse(String(send.decision)));
    const modules = JSON.stringify(decision.context.modules);
    found.push({ mail, customer, variant: send.variant ?? '', modules });
  }
  return found;
}

/** Lets every reader do what they do, some at once, and waits until all of it is in the ledger. */
export async function letRead(
  stage: Stage,
  narrator: Narrator,
  shop: Shop,
  mails: readonly InMailbox[],
): Promise<DoneCounts> {
  const counts: DoneCounts = { opened: 0, clicked: 0, replied: 0, unsubscribed: 0, away: 0 };
  const bought = boughtBy(shop);
  const bar = narrator.bar('Reading', mails.length, 'readers');
  const post = openCorrespondence(stage.faces.inboundPort);
  const left = [...mails].reverse();
  const read = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      narrator.goOn();
      const letter: ReceivedLetter = await readLetter(next.mail, stage.app.config.publicUrl);
      const doings = doingsOf(letter, next.customer, bought.get(next.customer.email) ?? new Set());
      await act(letter, doings, next.customer, post, counts);
      bar.to(mails.length - left.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, read));
  } finally {
    left.length = 0;
    post.close();
    bar.end();
  }
  await untilRecorded(stage);
  narrator.done(
    `Readers opened ${counts.opened} letters, clicked in ${counts.clicked}, answered ${counts.replied} and unsubscribed from ${counts.unsubscribed}; ${counts.away} absence notices came, which count as no answer.`,
  );
  return counts;
}

function boughtBy(shop: Shop): Map<string, Set<string>> {
  const bought = new Map<string, Set<string>>();
  for (const { email, type, product } of shop.events) {
    if (type === 'order') bought.set(email, (bought.get(email) ?? new Set()).add(product));
  }
  return bought;
}

/** Every hit and mail is stored before it is answered; this waits until they are folded into the ledger. */
async function untilRecorded({ app }: Stage): Promise<void> {
  const until = Date.now() + FOLD_MS;
  while ((await app.arrivals.waiting(0, 1)).length > 0) {
    if (Date.now() > until) {
      throw new DearError('demo.record', 'Some hits and mails were stored but not recorded in time.', {
        mend: 'Run it again with LOG_LEVEL=info to see what the workers say.',
      });
    }
    await wait(LOOK_MS);
  }
}
