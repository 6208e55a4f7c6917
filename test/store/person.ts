import { sql } from 'drizzle-orm';
import { arrivalStore } from '../../src/store/arrivals.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { makeRun } from '../fixtures/planned.ts';

export const ADDRESS = 'wilhelmina.oberdorfer@example.test';
export const NAME = 'Wilhelmina Oberdörfer';

export const change = (email: string, attributes: Record<string, string> = {}) => ({
  email,
  attributes,
  consents: [
    { topic: 'offers', state: 'in' as const, at: 5, source: `form of ${attributes.name ?? 'a stranger'}` },
  ],
});

const mail = (from: string, text: string, name = NAME, to = 'shop@shop.example') => ({
  kind: 'mail' as const,
  at: 50,
  facts: { from, to: [to] },
  raw: Buffer.from(`From: ${name} <${from}>\r\nTo: ${to}\r\nSubject: Hello\r\n\r\n${text}\0 end`),
});

/** A person with something in every table, beside a neighbour of whom nothing may change. */
export async function lived(store: Store) {
  const profiles = profileStore(store);
  await profiles.upsertMany([change(ADDRESS, { name: NAME }), change('neighbour@example.test')], 1000);
  const ids = await profiles.idsOf([ADDRESS, 'neighbour@example.test']);
  const id = ids.get(ADDRESS) ?? 0;
  const neighbour = ids.get('neighbour@example.test') ?? 0;
  const events = [id, neighbour].map((profileId) => ({
    key: `order-${profileId}`,
    profileId,
    type: 'order',
    at: 10,
    properties: { engraving: profileId === id ? NAME : 'none' },
  }));
  await eventStore(store).addMany(events, 20);
  const sent = await makeRun(store, [id, neighbour]);
  const waiting = await makeRun(store, [id, neighbour], { campaign: 'winter' });
  const ledger = sendLedger(store);
  const lease = await ledger.lease(sent.id, 10, 60_000);
  await ledger.advance(
    [],
    lease.sends.map((send) => ({
      id: send.id,
      profileId: send.profileId,
      token: lease.token,
      sourceHash: 'hash',
      decision: JSON.stringify({
        to: { address: send.profileId === id ? ADDRESS : 'x' },
        context: { profile: { name: send.profileId === id ? NAME : 'x' } },
      }),
    })),
    undefined,
  );
  await ledger.advance(
    lease.sends.map((send) => ({
      id: send.id,
      token: lease.token,
      state: 'accepted' as const,
      reason: undefined,
      code: 250,
      response: send.profileId === id ? `250 kept for ${ADDRESS}` : '250 kept',
      retryInMs: 0,
      suppress: undefined,
    })),
    [],
    undefined,
  );
  const sendId = lease.sends.find((send) => send.profileId === id)?.id ?? 0;
  await fold(store, sendId);
  await suppressionStore(store).add([
    { address: ADDRESS, reason: 'complained', source: `mail of ${NAME}`, at: 7 },
  ]);
  await store.run(
    sql`UPDATE runs SET state = 'paused', reason = ${`"550 ${ADDRESS} is full"`} WHERE id = ${waiting.id}`,
  );
  return { id, neighbour, sent, waiting, sendId };
}

/** One reply that is matched, one mail that is not, one that waits, hits of a link, and a stranger's mail. */
async function fold(store: Store, sendId: number): Promise<void> {
  const arrivals = arrivalStore(store);
  const loud = ADDRESS.toUpperCase();
  await arrivals.add([
    { kind: 'click', at: 40, facts: { send: sendId, link: 0, url: `https://shop.example/?for=${ADDRESS}` } },
    mail('other@home.example', `I am ${NAME}, from my other address`),
    mail(loud, 'this answers no letter'),
    mail('stranger@example.test', 'of somebody else', 'A Stranger'),
  ]);
  const [click, reply, loose, stranger] = await arrivals.waiting(0, 10);
  const happened = { sendId, key: `replied:${sendId}:1`, at: 50, properties: { text: `I am ${NAME}` } };
  await arrivals.fold(
    [
      {
        arrivalId: click?.id ?? 0,
        finding: {
          state: 'folded',
          happened: { ...happened, type: 'clicked', key: `clicked:${sendId}:0`, properties: {} },
        },
      },
      {
        arrivalId: reply?.id ?? 0,
        finding: { state: 'folded', happened: { ...happened, type: 'replied' } },
      },
      ...[loose, stranger].map((one) => ({
        arrivalId: one?.id ?? 0,
        finding: { state: 'unmatched' as const, note: 'answers no letter of ours' },
      })),
    ],
    60,
  );
  await arrivals.add([mail(ADDRESS, 'not looked at yet'), { kind: 'open', at: 70, facts: { send: sendId } }]);
}

/** Everything in every table as one text. */
export async function everything(store: Store): Promise<string> {
  const rows = await Promise.all(
    Object.values(store.tables).map((table) =>
      store.rows<Record<string, unknown>>(sql`SELECT * FROM ${table}`),
    ),
  );
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value
      ? Buffer.from(value.data as number[]).toString('utf8')
      : value,
  );
}

export const traces = (text: string) =>
  [ADDRESS, NAME, 'Oberd', 'other@home'].filter((one) => text.toLowerCase().includes(one.toLowerCase()));
