import { type Chance, chanceOf } from './chance.ts';
import { formOf, type ReceivedLetter } from './letter.ts';
import type { Correspondence } from './replies.ts';
import type { ShopCustomer } from './shop.ts';

/** What a simulated reader does with one letter. */
export interface Doings {
  readonly opens: boolean;
  /** Which of the letter's links, from 0. */
  readonly clicks: readonly number[];
  readonly answers: boolean;
  /** Their mail program answers on its own: they are away. */
  readonly away: boolean;
  readonly unsubscribes: 'one-click' | 'page' | undefined;
}

/** What counts as done in the ledger: a click or an answer means that the letter was opened. */
export interface DoneCounts {
  opened: number;
  clicked: number;
  replied: number;
  unsubscribed: number;
  away: number;
}

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0 (simulated reader)';

/**
 * Decides what a reader does: by how readily they read at all, and by the letter. One whose subject names what
 * they bought is opened and answered more often, one with an offer in it is clicked more often.
 */
export function doingsOf(
  letter: Pick<ReceivedLetter, 'subject' | 'text' | 'links'>,
  customer: Pick<ShopCustomer, 'email' | 'engagement'>,
  bought: ReadonlySet<string>,
): Doings {
  const chance = chanceOf('reader', customer.email);
  const { engagement } = customer;
  const subject = letter.subject.toLowerCase();
  const isPersonal = [...bought].some((product) => subject.includes(product.toLowerCase()));
  const hasOffer = /per cent off/i.test(letter.text);
  const opens = chance.is('opens', Math.min(0.95, (0.16 + 0.5 * engagement) * (isPersonal ? 1.3 : 1)));
  const clicks = opens && chance.is('clicks', (0.08 + 0.4 * engagement) * (hasOffer ? 1.25 : 1));
  return {
    opens,
    clicks: clicks ? linksClicked(chance, letter.links.length) : [],
    answers: opens && chance.is('answers', (0.03 + 0.12 * engagement) * (isPersonal ? 1.5 : 1)),
    away: chance.is('away', 0.02),
    unsubscribes: chance.is('unsubscribes', 0.08 * (1 - engagement)) ? chance.of('how', ways) : undefined,
  };
}

const ways = ['one-click', 'one-click', 'page'] as const;

function linksClicked(chance: Chance, count: number): number[] {
  if (count === 0) return [];
  const first = chance.between('first link', 0, count - 1);
  const second = chance.between('second link', 0, count - 1);
  return chance.is('looks further', 0.3) && second !== first ? [first, second] : [first];
}

/**
 * Does it, over the real HTTP and SMTP of this process. Each step waits for its answer, so that what is counted
 * here was stored there.
 * @throws Error when an endpoint answers otherwise than a reader's program needs it to
 */
export async function act(
  letter: ReceivedLetter,
  doings: Doings,
  customer: ShopCustomer,
  post: Correspondence,
  counts: DoneCounts,
): Promise<void> {
  if (doings.away) {
    await post.away(letter, customer);
    counts.away += 1;
  }
  if (doings.opens) {
    await ask(letter.pixel, {}, 200);
    counts.opened += 1;
  }
  for (const index of doings.clicks) {
    const link = letter.links[index];
    if (link !== undefined) await ask(link, {}, 302);
  }
  if (doings.clicks.length > 0) counts.clicked += 1;
  if (doings.answers) {
    await post.answer(letter, customer);
    counts.replied += 1;
  }
  if (doings.unsubscribes !== undefined) {
    await (doings.unsubscribes === 'page' ? byPage(letter) : byOneClick(letter));
    counts.unsubscribed += 1;
  }
}

/** RFC 8058 §3.2: one POST, nothing else. */
const byOneClick = (letter: ReceivedLetter) =>
  ask(
    letter.unsubscribeUrl,
    { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) },
    200,
  );

async function byPage(letter: ReceivedLetter): Promise<void> {
  const page = await ask(letter.unsubscribePage, {}, 200);
  const form = formOf(page, letter.unsubscribePage);
  await ask(form.url, { method: 'POST', body: new URLSearchParams(form.fields) }, 200);
}

async function ask(url: string, init: RequestInit, expected: number): Promise<string> {
  const response = await fetch(url, { ...init, redirect: 'manual', headers: { 'user-agent': AGENT } });
  const body = await response.text();
  if (response.status === expected) return body;
  const { pathname } = new URL(url);
  throw new Error(`${pathname.slice(0, 3)}… answered ${response.status} instead of ${expected}`);
}
