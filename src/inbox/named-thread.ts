import { serveThread } from '../thread.ts';
import { SoughtAddresses } from './named.ts';

/* A thread that takes mails apart, so that the event loop need not. */

await serveThread<NamedAsk, readonly boolean[]>(async () => async ({ addresses, mails }) => {
  const sought = new SoughtAddresses(addresses);
  const answer: boolean[] = [];
  for (const raw of mails) answer.push(await sought.isInMail(raw));
  return { answer };
});

export interface NamedAsk {
  readonly addresses: readonly string[];
  readonly mails: readonly Uint8Array[];
}
