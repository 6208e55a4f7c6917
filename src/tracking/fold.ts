import { messageOf } from '../errors.ts';
import {
  type Arrival,
  type ArrivalKind,
  type ArrivalStore,
  type Finding,
  type HitFacts,
  hitFactsSchema,
  type Judged,
} from './arrivals.ts';

const BATCH = 500;

/** What the fold needs. `readMail` is the inbox's; it never sees a mail whose bytes are gone. */
export interface FoldDeps {
  readonly arrivals: ArrivalStore;
  readonly readMail: (arrival: Arrival, raw: Buffer) => Promise<Finding>;
  readonly log: { warn(fields: object, message: string): void };
  readonly now?: () => number;
}

/**
 * Turns every waiting arrival into events and marks on the ledger. Judging happens outside of transactions,
 * applying in one short transaction a batch. It can be repeated, stopped or killed at any point, and several
 * may run at once: an arrival counts when it leaves the state 'new', and an event has one key.
 * A click or a reply implies that the letter was opened, even if its picture was never loaded: the ledger's
 * `openedAt` is set then, but no `opened` event is made up. An unsubscribe implies no open, since one-click
 * needs none.
 * @returns how many arrivals this call folded.
 */
export async function foldArrivals(deps: FoldDeps, signal?: AbortSignal): Promise<number> {
  const now = deps.now ?? Date.now;
  let folded = 0;
  let afterId = 0;
  while (signal?.aborted !== true) {
    const batch = await deps.arrivals.waiting(afterId, BATCH);
    const newest = batch.at(-1);
    if (newest === undefined) break;
    const judged: Judged[] = [];
    for (const arrival of batch) judged.push({ arrivalId: arrival.id, finding: await judge(deps, arrival) });
    folded += await deps.arrivals.fold(judged, now());
    afterId = newest.id;
  }
  return folded;
}

async function judge(deps: FoldDeps, arrival: Arrival): Promise<Finding> {
  if (arrival.kind !== 'mail') return judgeHit(arrival);
  const raw = await deps.arrivals.raw(arrival.id);
  if (raw === undefined) return unmatched('the mail itself is no longer kept');
  try {
    return await deps.readMail(arrival, raw);
  } catch (error) {
    deps.log.warn({ arrival: arrival.id, error: messageOf(error) }, 'a mail could not be read');
    return unmatched(`it could not be read: ${messageOf(error)}`);
  }
}

type Hit = Exclude<ArrivalKind, 'mail'>;

const hits: { readonly [K in Hit]: (facts: HitFacts, arrival: Arrival) => Finding } = {
  open: (facts, { at }) =>
    happened({ type: 'opened', sendId: facts.send, key: `opened:${facts.send}`, at, properties: {} }),
  click: (facts, { at }) => {
    const properties = { link: facts.link ?? 0, ...(facts.url === undefined ? {} : { url: facts.url }) };
    const key = `clicked:${facts.send}:${properties.link}`;
    return happened({ type: 'clicked', sendId: facts.send, key, at, properties });
  },
  unsubscribe: (facts, { at }) => {
    const properties = { how: facts.how ?? 'unsubscribe link' };
    const key = `unsubscribed:${facts.send}`;
    return happened({ type: 'unsubscribed', sendId: facts.send, key, at, properties });
  },
  resubscribe: (facts, { at }) =>
    happened({
      type: 'resubscribed',
      sendId: facts.send,
      key: `resubscribed:${facts.send}`,
      at,
      properties: {},
    }),
};

function judgeHit(arrival: Arrival): Finding {
  if (!isHit(arrival.kind)) return unmatched(`nothing is known about arrivals of the kind '${arrival.kind}'`);
  const facts = hitFactsSchema.safeParse(arrival.facts);
  return facts.success ? hits[arrival.kind](facts.data, arrival) : unmatched('its facts cannot be read');
}

const isHit = (kind: string): kind is Hit => Object.hasOwn(hits, kind);
const happened = (what: NonNullable<Extract<Finding, { state: 'folded' }>['happened']>): Finding => ({
  state: 'folded',
  happened: what,
});
const unmatched = (note: string): Finding => ({ state: 'unmatched', note });
