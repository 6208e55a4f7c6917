import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { asc, eq } from 'drizzle-orm';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Inbox, openInbox } from '../../src/inbox/listener.ts';
import { mailLine, readableMail } from '../../src/inbox/mails.ts';
import { mailReader } from '../../src/inbox/read-mail.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import type { Store } from '../../src/store/database.ts';
import { mailStore } from '../../src/store/mails.ts';
import type { ArrivalStore } from '../../src/tracking/arrivals.ts';
import { foldArrivals } from '../../src/tracking/fold.ts';
import { makeTokens } from '../../src/tracking/tokens.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { onEveryStore } from '../stores.ts';

const tokens = makeTokens('a secret of the tests');

/** A conversation by hand, line by line. */
class Talk {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#socket })[Symbol.asyncIterator]();
  }

  /** The next answer's last line; '' when the other side hung up. */
  async hear(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) return '';
      if (/^\d{3} /.test(value)) return value;
    }
  }

  say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.hear();
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** Up to the point where the mail itself is wanted. */
  async untilData(): Promise<void> {
    await this.hear();
    for (const line of ['EHLO there', 'MAIL FROM:<anna@example.test>', 'RCPT TO:<x@example.test>', 'DATA']) {
      await this.say(line);
    }
  }
}

onEveryStore('the inbox', (open) => {
  let store: Store;
  let arrivals: ArrivalStore;
  let inbox: Inbox;
  let wakes = 0;
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
  const start = (more: Partial<Parameters<typeof openInbox>[0]> = {}) =>
    openInbox({
      host: '127.0.0.1',
      port: 0,
      domain: undefined,
      arrivals,
      wake: () => {
        wakes += 1;
      },
      log,
      ...more,
    });
  beforeAll(async () => {
    store = await open();
    arrivals = arrivalStore(store);
    inbox = await start();
  });
  afterAll(() => inbox.close());

  const fold = () => foldArrivals({ arrivals, readMail: mailReader(tokens), log });
  const stored = () => store.orm.select().from(store.tables.arrivals).orderBy(asc(store.tables.arrivals.id));
  const transport = (port = inbox.port) => createTransport({ host: '127.0.0.1', port, ignoreTLS: true });

  test('a reply over SMTP becomes an event with its text, once, and evidence for its send', async () => {
    const { sendId, profileId } = await sentLetter(store, { state: 'unknown' });
    const mail = {
      from: 'Anna <anna@example.test>',
      to: tokens.replyAddress(sendId, 'reply.example.test'),
      subject: 'Re: Spring',
      messageId: '<reply-1@example.test>',
      text: 'Two, please!\n\nOn Mon, 6 Jul 2026 at 10:00, Shop <news@shop.example.test> wrote:\n> Spring is here\n',
    };
    await transport().sendMail(mail);
    expect(wakes).toBeGreaterThan(0);
    expect((await stored()).at(-1)).toMatchObject({
      kind: 'mail',
      state: 'new',
      facts: { from: 'anna@example.test', to: [mail.to] },
    });
    await transport().sendMail(mail);
    expect(await fold()).toBe(2);
    const { events, sends } = store.tables;
    const found = await store.orm.select().from(events).where(eq(events.profileId, profileId));
    expect(found).toMatchObject([
      { type: 'replied', properties: { send: sendId, campaign: 'spring', text: 'Two, please!' } },
    ]);
    const [send] = await store.orm.select().from(sends).where(eq(sends.id, sendId));
    expect(send).toMatchObject({ state: 'accepted', repliedAt: found[0]?.at, openedAt: found[0]?.at });
  });

  test('mail that matches nothing, or cannot be read, is kept, listed and shown', async () => {
    await transport().sendMail({
      from: 'Ben <ben@example.test>',
      to: 'info@shop.example.test',
      subject: 'Hällo \u001b[31mred',
      text: 'Are you open on Sunday?',
    });
    const nested = Array.from(
      { length: 80 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
    );
    await transport().sendMail({
      envelope: { from: 'x@example.test', to: ['y@example.test'] },
      raw: `Subject: nested\r\n${nested.join('')}`,
    });
    expect(await fold()).toBe(2);
    const mails = mailStore(store);
    const lines = await Promise.all((await mails.list({ all: false, limit: 10 })).map(mailLine));
    expect(lines).toMatchObject([
      { subject: 'nested', state: 'unmatched', note: expect.stringContaining('could not be read') },
      { from: 'Ben <ben@example.test>', subject: 'Hällo [31mred', note: 'answers no letter of ours' },
    ]);
    const kept = await mails.byId(lines[1]?.id ?? 0);
    expect(kept).toBeDefined();
    if (kept !== undefined)
      expect(await readableMail(kept)).toMatchObject({ text: 'Are you open on Sunday?\n' });
    expect((await mails.list({ all: true, limit: 10 })).length).toBe(4);
    expect(await mails.byId(999_999)).toBeUndefined();
  });

  test('a mail is refused when it is too large, and stored nowhere when it is cut off', async () => {
    const before = (await stored()).length;
    const big = new Talk(inbox.port);
    await big.untilData();
    for (let megabyte = 0; megabyte < 11; megabyte += 1) big.write(`${'x'.repeat(1022)}\r\n`.repeat(1024));
    expect(await big.say('.')).toMatch(/^552 /);
    big.cut();
    const announced = new Talk(inbox.port);
    await announced.hear();
    await announced.say('EHLO there');
    expect(await announced.say('MAIL FROM:<a@example.test> SIZE=20000000')).toMatch(/^552 /);
    announced.cut();
    const broken = new Talk(inbox.port);
    await broken.untilData();
    broken.write('Subject: half a mail\r\n');
    broken.cut();
    const fine = new Talk(inbox.port);
    await fine.untilData();
    expect(await fine.say('Subject: whole\r\n\r\n.')).toMatch(/^250 /);
    fine.cut();
    expect((await stored()).slice(before).map((row) => row.raw?.toString())).toEqual([
      'Subject: whole\r\n\r\n',
    ]);
  });

  test('with a reply domain, mail for others is refused at once', async () => {
    const strict = await start({ domain: 'Reply.example.test' });
    const talk = new Talk(strict.port);
    await talk.hear();
    await talk.say('EHLO there');
    await talk.say('MAIL FROM:<>');
    expect(await talk.say('RCPT TO:<anna@elsewhere.test>')).toMatch(/^550 /);
    expect(await talk.say('RCPT TO:<reply+1.x@REPLY.example.test>')).toMatch(/^250 /);
    expect(await talk.say('AUTH PLAIN x')).toMatch(/^5\d\d /);
    talk.cut();
    await strict.close();
  });

  test('what cannot be stored is not accepted', async () => {
    const failing = await start({ arrivals: { add: () => Promise.reject(new Error('the disk is full')) } });
    const talk = new Talk(failing.port);
    await talk.untilData();
    expect(await talk.say('Subject: hello\r\n\r\n.')).toMatch(/^451 /);
    expect(warnings).toContain('a mail could not be stored');
    talk.cut();
    await failing.close();
  });

  test('closing finishes the mail in transfer, ends the idle and refuses the new', async () => {
    const closing = await start();
    const idle = new Talk(closing.port);
    await idle.hear();
    await idle.say('EHLO there');
    const busy = new Talk(closing.port);
    await busy.untilData();
    busy.write('Subject: in transfer\r\n');
    const closed = closing.close();
    expect(await idle.hear()).toMatch(/^421 |^$/);
    await expect(new Talk(closing.port).hear()).rejects.toThrow('ECONNREFUSED');
    expect(await busy.say('\r\n.')).toMatch(/^250 /);
    await busy.say('QUIT');
    busy.cut();
    await closed;
    expect((await stored()).at(-1)?.raw?.toString()).toContain('in transfer');
  });

  test('a port in use is said with the setting to change', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toMatchObject({
      code: 'inbox.port-in-use',
      mend: expect.stringContaining('INBOUND_PORT'),
    });
    other.close();
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'inbox.listen' });
  });
});
