import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { mailReader } from '../../src/inbox/read-mail.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { auditStore } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/database.ts';
import { mailStore } from '../../src/store/mails.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { foldArrivals } from '../../src/tracking/fold.ts';
import { makeTokens } from '../../src/tracking/tokens.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { onEveryStore } from '../stores.ts';

const ADA = 'ada@example.test';
const IDN = 'ada@xn--bcher-kva.example';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const body = (encoding: string, text: string, type = 'text/plain') =>
  `From: a friend <friend@home.example>\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${text}`;

/** Mails that name the customer, each in a way that the bytes alone do not show. */
const hers: Readonly<Record<string, string>> = {
  'a body in base64': body('base64', base64(`Please answer to ${ADA}.`)),
  'a body in quoted-printable': body('quoted-printable', 'Write to ada=40exam=\r\nple.test, please'),
  'HTML with an entity': body('base64', base64('<p>I am ada&#64;example.test</p>'), 'text/html'),
  'HTML with tags between': body('7bit', '<p>I am <b>ada</b>@<i>example.test</i></p>', 'text/html'),
  'a link': body('7bit', 'https://shop.example/?mail=ADA%40example.test'),
  'an encoded word': `From: =?utf-8?B?${base64(ADA)}?= <friend@home.example>\r\n\r\nHello`,
  'a folded sender': 'From: friend@home.example\r\nSENDER: "Ada"\r\n <Ada@Example.\r\n Test>\r\n\r\nHello',
  'a quoted mailbox': 'From: friend@home.example\r\nreply-to: Ada <"ada" @ example.test>\r\n\r\nHello',
  'an international domain in its script': 'From: Ada <ada@BÜCHER.example>\r\n\r\nHello',
  'an international domain in an encoded body': body('base64', base64('Ask ada@bücher.example')),
  'a domain with a decomposed letter': body('8bit', 'Ask ada@bu\u0308cher.example'),
  'a domain in punycode': 'From: Ada <ada@XN--BCHER-KVA.example>\r\n\r\nHello',
  'an attached text': `From: x@home.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(`name,mail\r\nAda,${ADA}\r\n`)}\r\n--b--\r\n`,
  'a forwarded mail': `From: x@home.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(`From: y@home.example\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(`I am ${ADA}`)}`)}\r\n--b--\r\n`,
};

/** Mails of others, whose addresses only look like hers. */
const others: Readonly<Record<string, string>> = {
  'a longer name': 'From: Magda <magda@example.test>\r\n\r\nHello',
  'a tag': 'From: Bob <bob+ada@example.test>\r\n\r\nHello',
  'a longer domain': 'From: Ada <ada@example.test.au>\r\n\r\nHello',
  'an encoded neighbour': body('base64', base64('Ask magda@example.test or ada@example.testing')),
};

async function keep(store: Store, mails: readonly string[], from = 'bounce@lists.example'): Promise<void> {
  const arrivals = arrivalStore(store);
  await arrivals.add(
    mails.map((mail) => ({
      kind: 'mail' as const,
      at: 50,
      facts: { from, to: ['shop@shop.example'] },
      raw: Buffer.from(mail),
    })),
  );
  const found = (await arrivals.waiting(0, 1000)).map(({ id }) => ({
    arrivalId: id,
    finding: { state: 'unmatched' as const, note: 'answers no letter of ours' },
  }));
  await arrivals.fold(found, 60);
}

async function customer(store: Store): Promise<number> {
  await profileStore(store).ensure([ADA], 1);
  const id = (await profileStore(store).idsOf([ADA])).get(ADA) ?? 0;
  await store.run(
    sql`INSERT INTO external_ids (source, value, profile_id, created_at) VALUES ('email', ${IDN}, ${id}, 1)`,
  );
  return id;
}

const kept = async (store: Store) =>
  (await mailStore(store).list({ all: true, limit: 1000 })).map(({ raw }) => raw.toString()).sort();

onEveryStore('mails of somebody who is erased', (open) => {
  test('go, however they name the address; those of others stay', async () => {
    const store = await open();
    const id = await customer(store);
    await keep(store, [...Object.values(hers), ...Object.values(others)]);
    const told = await privacyStore(store).holdings(id);
    expect(told?.rows.arrivals).toHaveLength(Object.keys(hers).length);
    await privacyStore(store).erase(id, 'ann');
    const left = await kept(store);
    const nameOf = (raw: string) => Object.keys(hers).find((name) => hers[name] === raw) ?? 'of another';
    expect(left.map(nameOf).filter((name) => name !== 'of another')).toEqual([]);
    expect(left).toEqual(Object.values(others).sort());
  });

  test('go as well when only the envelope names the address', async () => {
    const store = await open();
    const id = await customer(store);
    await keep(store, ['Subject: hello\r\n\r\nHello'], 'ADA@Bücher.example');
    await privacyStore(store).erase(id, 'ann');
    expect(await kept(store)).toEqual([]);
  });

  test('are looked for without holding up anybody else', async () => {
    const store = await open();
    const id = await customer(store);
    const long = base64('Nothing to be seen here. '.repeat(40_000));
    await keep(
      store,
      Array.from({ length: 20 }, (_, index) => body('base64', `${base64(`mail ${index} `)}${long}`)),
    );
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    await privacyStore(store).erase(id, 'ann');
    clearInterval(beat);
    expect(await kept(store)).toHaveLength(20);
    expect(longest).toBeLessThan(1000);
  });
});

const tokens = makeTokens('a secret of the tests');
const multipart = (type: string, returned: string) =>
  `From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=${type}; boundary=b\r\n\r\n--b\r\n\r\nSorry about ${ADA}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${returned}\r\n--b--\r\n`;

onEveryStore('mails about the letters of somebody who was erased', (open) => {
  const fold = (store: Store) =>
    foldArrivals({
      arrivals: arrivalStore(store),
      readMail: mailReader(tokens),
      log: { warn: () => undefined },
    });
  /** A reply, an automatic answer, a bounce and a complaint; only tokens lead to the letter. */
  const about = (sendId: number) => {
    const reply = tokens.replyAddress(sendId, 'reply.example');
    const returned = `Message-ID: ${tokens.messageId(sendId, 'shop.example')}\r\nTo: ${ADA}\r\n\r\nSpring`;
    return [
      `From: Ada <ada@other.example>\r\nTo: ${reply}\r\nSubject: unsubscribe\r\n\r\nAda here`,
      `From: Ada <ada@other.example>\r\nTo: ${reply}\r\nAuto-Submitted: auto-replied\r\n\r\nAda is away`,
      multipart('delivery-status', returned),
      multipart('feedback-report', returned),
    ];
  };
  const add = async (store: Store, mails: readonly string[]) => {
    const facts = { from: 'ada@other.example', to: ['shop@shop.example'] };
    await arrivalStore(store).add(
      mails.map((mail) => ({ kind: 'mail' as const, at: 50, facts, raw: Buffer.from(mail) })),
    );
  };

  test('leave nothing but that they came', async () => {
    const store = await open();
    const { sendId, profileId } = await sentLetter(store, { email: ADA });
    const neighbour = await sentLetter(store, { email: 'bob@example.test' });
    await privacyStore(store).erase(profileId, 'ann');
    await add(store, [...about(sendId), ...about(neighbour.sendId)]);
    expect(await fold(store)).toBe(8);
    const mails = await mailStore(store).list({ all: true, limit: 10 });
    const emptied = mails.filter(({ raw }) => raw.length === 0);
    expect(emptied.map(({ note, state }) => `${state} ${note}`).sort()).toEqual(
      ['automatic answer', 'bounce', 'complaint', 'reply'].map(
        (what) => `unmatched ${what} to a letter of somebody who was erased; nothing of it was kept`,
      ),
    );
    expect(mails).toHaveLength(8);
    const stored = await store.rows<{ facts: unknown }>(
      sql`SELECT facts FROM arrivals WHERE kind = 'mail' AND raw IS NULL`,
    );
    expect(JSON.stringify(stored)).not.toMatch(/ada|shop/);
    const [entry, ...rest] = await auditStore(store).list({ action: 'discard', limit: 10 });
    expect(rest).toEqual([]);
    expect(entry).toMatchObject({
      actor: 'inbox',
      subject: 'inbox',
      detail: { reply: 1, 'automatic answer': 1, bounce: 1, complaint: 1 },
    });
    const events = await store.rows<{ type: string }>(sql`SELECT type FROM events ORDER BY type`);
    expect(events.map(({ type }) => type)).toEqual(['autoReplied', 'replied']);
  });

  test('go with the person when they came before, bounces and complaints too', async () => {
    const store = await open();
    const { sendId, profileId } = await sentLetter(store, { email: ADA });
    const anonymous = about(sendId).map((mail) => mail.replaceAll(ADA, 'somebody'));
    await add(store, anonymous);
    await fold(store);
    expect((await privacyStore(store).holdings(profileId))?.rows.arrivals).toHaveLength(4);
    await privacyStore(store).erase(profileId, 'ann');
    expect(await kept(store)).toEqual([]);
  });

  test('that were folded while the person was erased are removed afterwards', async () => {
    const store = await open();
    const { sendId, profileId } = await sentLetter(store, { email: ADA });
    await privacyStore(store).erase(profileId, 'ann');
    await add(store, about(sendId).slice(0, 1));
    // What a fold leaves that had found the letter's reader just before.
    await store.run(sql`UPDATE arrivals SET state = 'folded', send_id = ${sendId}`);
    await privacyStore(store).eraseEchoes(0);
    expect(await kept(store)).toEqual([]);
    expect(await privacyStore(store).eraseEchoes(0)).toBe(0);
  });
});
