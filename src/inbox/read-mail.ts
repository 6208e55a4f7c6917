import { createHash } from 'node:crypto';
import { type Arrival, type Finding, mailFactsSchema } from '../tracking/arrivals.ts';
import type { Tokens } from '../tracking/tokens.ts';
import { natureOf } from './automatic.ts';
import { type Mail, parseMail } from './mail.ts';
import { replyText } from './reply-text.ts';

const MOST_LOOKED_AT = 100;

/**
 * Judges mails: which send does it answer, and did a person write it?
 * A reply becomes the event `replied` with its text; a machine's answer becomes `autoReplied` and counts as no
 * reply. Bounces and complaints are kept unmatched, with that note and the letter that they are about. What answers no letter is unmatched too.
 * The same mail delivered twice has the same Message-ID, or the same bytes, and so the same event key.
 */
export function mailReader(
  tokens: Pick<Tokens, 'sendOfReplyAddress' | 'sendOfMessageId'>,
): (arrival: Arrival, raw: Uint8Array) => Promise<Finding> {
  return async (arrival, raw) => {
    const envelope = mailFactsSchema.parse(arrival.facts);
    const mail = await parseMail(raw);
    const nature = natureOf(mail, envelope.from);
    const sendId = matchedSend(tokens, mail, envelope.to);
    if (nature === 'bounce' || nature === 'complaint') {
      return { state: 'unmatched', note: nature, sendId: sendId ?? returnedSend(tokens, mail, raw) };
    }
    if (sendId === undefined) return { state: 'unmatched', note: 'answers no letter of ours' };
    const identity = createHash('sha256')
      .update(mail.messageId ?? raw)
      .digest('hex')
      .slice(0, 24);
    const automatic = nature === 'automatic';
    const type = automatic ? 'autoReplied' : 'replied';
    const properties = { text: replyText(mail.text) };
    const happened = {
      type,
      sendId,
      key: `${type}:${sendId}:${identity}`,
      at: arrival.at,
      properties,
    } as const;
    return { state: 'folded', happened, ...(automatic ? { note: 'automatic answer' } : {}) };
  };
}

/** The signed reply address leads to the send, in the envelope or the headers; else a Message-ID of ours. */
function matchedSend(
  tokens: Pick<Tokens, 'sendOfReplyAddress' | 'sendOfMessageId'>,
  mail: Mail,
  recipients: readonly string[],
): number | undefined {
  for (const address of [...recipients, ...mail.recipients].slice(0, MOST_LOOKED_AT)) {
    const sendId = tokens.sendOfReplyAddress(address);
    if (sendId !== undefined) return sendId;
  }
  for (const messageId of mail.answers.slice(0, MOST_LOOKED_AT)) {
    const sendId = tokens.sendOfMessageId(messageId);
    if (sendId !== undefined) return sendId;
  }
  return undefined;
}

const OUR_MESSAGE_ID = /<[1-9a-z][0-9a-z]{0,10}\.[0-9a-f]{24}@[^<>\s]{1,255}>/gi;
const MOST_SEARCHED = 512 * 1024;

/** A bounce or a complaint brings the letter back, whole or its header, attached or just quoted. */
function returnedSend(
  tokens: Pick<Tokens, 'sendOfMessageId'>,
  mail: Mail,
  raw: Uint8Array,
): number | undefined {
  const bytes = Buffer.from(raw.subarray(0, MOST_SEARCHED)).toString('latin1');
  for (const text of [...mail.enclosed.slice(0, MOST_LOOKED_AT), mail.text, bytes]) {
    for (const [messageId] of text.matchAll(OUR_MESSAGE_ID)) {
      const sendId = tokens.sendOfMessageId(messageId);
      if (sendId !== undefined) return sendId;
    }
  }
  return undefined;
}
