import type { ConfirmationSource } from '../../src/content/confirmation.ts';
import { parseLimits } from '../../src/delivery/limits.ts';
import { Seats } from '../../src/delivery/seats.ts';
import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import { makeThrottle } from '../../src/delivery/throttle.ts';
import { parseWarmUps } from '../../src/delivery/throttle-warm-up.ts';
import type { TopicBook } from '../../src/profiles/topics.ts';
import { builtinLetters } from '../../src/sign-up/builtin.ts';
import { confirmationLetters } from '../../src/sign-up/letters.ts';
import { confirmationSender } from '../../src/sign-up/send.ts';
import { makeSignUp } from '../../src/sign-up/sign-up.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import type { Store } from '../../src/store/database.ts';
import { permitStore } from '../../src/store/permits.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { makeConfirmTokens } from '../../src/tracking/confirm-tokens.ts';

export const book: TopicBook = {
  from: { name: 'Shop & Söhne', address: 'shop@shop.example' },
  topics: [
    {
      name: 'offers',
      title: 'Offers',
      about: 'Cheaper <3',
      wording: 'I want offers',
      signUp: true,
      hidden: false,
    },
  ],
};

const failed = (error: unknown) => {
  throw error;
};

/** A process that sends letters that ask, with limits of its own. */
export function senderOn(
  store: Store,
  url: string,
  given: {
    limits?: string;
    server?: string;
    warmUp?: string;
    connections?: number;
    firstRetryMs?: number;
    sources?: readonly ConfirmationSource[];
    book?: TopicBook;
  } = {},
) {
  const permits = permitStore(store);
  const seats = new Seats({ permits, failed });
  const throttle = makeThrottle({
    limits: parseLimits(given.limits, given.server),
    warmUps: parseWarmUps(given.warmUp),
    permits,
    days: permits,
    seats,
    clock: Date.now,
    random: Math.random,
    failed,
  });
  const transport = smtpTransport(parseSmtpUrl(url, given.connections ?? 2));
  const tokens = makeConfirmTokens('a secret of the tests');
  const profiles = profileStore(store);
  const letters = confirmationLetters({
    sources: given.sources ?? builtinLetters(),
    tokens,
    book: given.book ?? book,
    publicUrl: 'http://dear.example',
    signer: () => undefined,
    attributesOf: async (id) => (await profiles.byIds([id])).get(id)?.attributes ?? {},
  });
  const heard: string[] = [];
  const sender = confirmationSender(
    {
      store: confirmationStore(store),
      letters,
      transport: throttle.listenTo(transport),
      throttle,
      leaseMs: 60_000,
      firstRetryMs: given.firstRetryMs ?? 60_000,
      heard: async (serverDown) => {
        if (serverDown !== undefined) heard.push(serverDown);
      },
      failed,
    },
    new AbortController(),
  );
  return {
    tokens,
    heard,
    throttle,
    round: () => sender.round(),
    /** One round, to its end. @returns how many letters were accepted */
    send: async () => {
      await sender.round();
      return sender.settled();
    },
    close: async () => {
      await sender.close();
      await transport.close();
      await throttle.close();
    },
  };
}

/** Asks so many people to confirm, `reader-0@domain` and so on. @returns the ids of the requests */
export async function askMany(store: Store, count: number, domain: string): Promise<number[]> {
  const signUp = makeSignUp(confirmationStore(store), book);
  const ids: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const email = `reader-${number}@${domain}`;
    ids.push((await signUp({ email, topics: ['offers'], source: 'test', at: Date.now() })).id ?? 0);
  }
  return ids;
}
