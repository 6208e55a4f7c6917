import { createTransport } from 'nodemailer';
import { chanceOf } from './chance.ts';
import type { ReceivedLetter } from './letter.ts';
import type { ShopCustomer } from './shop.ts';

/** The readers' way to write back: a real SMTP client that talks to the inbox. */
export interface Correspondence {
  /** A person's answer, with the letter quoted below. */
  answer(letter: ReceivedLetter, customer: ShopCustomer): Promise<void>;
  /** An absence notice, as mail programs send them on their own (RFC 3834). */
  away(letter: ReceivedLetter, customer: ShopCustomer): Promise<void>;
  close(): void;
}

const thoughts = [
  'Thank you, what a nice letter. Everything has settled in well.',
  'Is the ridge tent going to be back before November? My sister would like one as well.',
  'I love it! One small thing: the handle came with a scratch. No need to do anything about it.',
  'Could you send a little less packaging next time? Otherwise I am happy.',
  'Do you deliver to my neighbour too? She has asked me three times where I got it.',
  'Merci beaucoup ! Die Kinder lieben es. Thanks from all of us 🌱',
] as const;

const QUOTED_LINES = 12;

/** @param port of the inbox on loopback */
export function openCorrespondence(port: number): Correspondence {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: false,
    ignoreTLS: true,
    pool: true,
    maxConnections: 3,
  });
  const send = async (
    letter: ReceivedLetter,
    customer: ShopCustomer,
    text: string,
    headers: Record<string, string>,
  ) => {
    const name = [customer.firstName, customer.lastName].filter(Boolean).join(' ');
    await transport.sendMail({
      from: { name, address: customer.email },
      to: letter.replyTo,
      subject: `Re: ${letter.subject}`,
      inReplyTo: letter.messageId,
      references: letter.messageId,
      text,
      headers,
    });
  };
  return {
    answer: (letter, customer) => send(letter, customer, answerText(letter, customer), {}),
    away: (letter, customer) =>
      send(letter, customer, 'I am out in the garden until Monday and do not read mail.', {
        'Auto-Submitted': 'auto-replied',
      }),
    close: () => transport.close(),
  };
}

function answerText(letter: ReceivedLetter, customer: ShopCustomer): string {
  const thought = chanceOf('reply', customer.email).of('thought', thoughts);
  const signature = customer.firstName ?? customer.lastName;
  const quoted = letter.text
    .split(/\r?\n/)
    .slice(0, QUOTED_LINES)
    .map((line) => `> ${line}`);
  const day = new Date().toDateString();
  return [thought, '', signature, '', `On ${day}, ${letter.from} wrote:`, '', ...quoted, ''].join('\r\n');
}
