import { wireAddress } from './address.ts';
import type { Extensions } from './smtp-opening.ts';
import { notOffered } from './smtp-outcome.ts';
import type { Outcome, OutgoingLetter, Stage } from './transport.ts';

/** What SMTP says of a letter before its bytes. */
export interface Envelope {
  readonly from: string;
  readonly to: string;
  readonly octets: number;
}

/** What a letter is offered with, or why it cannot be. */
export function envelopeOf({ from, to, bytes }: OutgoingLetter, { size }: Extensions): Envelope | Outcome {
  const sender = from === '' ? '' : wireAddress(from);
  const recipient = wireAddress(to);
  if (sender === undefined) return unwritable('mail', 'sender');
  if (recipient === undefined) return unwritable('rcpt', 'recipient');
  if (size && bytes.length > size) return tooBig(bytes.length, size);
  return { from: sender, to: recipient, octets: bytes.length };
}

/** What a letter is offered with, each line with its end. */
export type Commands = readonly [mail: string, rcpt: string, data: string];

/** MAIL, RCPT and DATA, each with its line end (RFC 5321 §4.1.1; RFC 1870 for SIZE, RFC 6152 for 8BITMIME). */
export function commandsFor({ from, to, octets }: Envelope, { size, eightBitMime }: Extensions): Commands {
  const parameters = `${size === undefined ? '' : ` SIZE=${octets}`}${eightBitMime ? ' BODY=8BITMIME' : ''}`;
  return [`MAIL FROM:<${from}>${parameters}\r\n`, `RCPT TO:<${to}>\r\n`, 'DATA\r\n'];
}

function unwritable(stage: Stage, who: string): Outcome {
  return notOffered(553, stage, '5.1.3', `the ${who}'s address cannot be written in SMTP`);
}

function tooBig(octets: number, most: number): Outcome {
  return notOffered(552, 'mail', '5.3.4', `it has ${octets} octets, the server takes at most ${most}`);
}
