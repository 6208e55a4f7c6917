import { crc32 } from 'node:zlib';
import type { Decision } from '../campaigns/decision.ts';
import type { SkipReason } from '../campaigns/reasons.ts';
import type { RunPlan } from '../campaigns/run-plan.ts';
import { BytePaper } from '../content/paper.ts';
import type { LetterContext, LetterProgram, Papers } from '../content/program.ts';
import type { Tokens } from '../tracking/tokens.ts';
import { wireAddress } from './address.ts';
import type { DkimSigner } from './dkim.ts';
import { type LetterFrame, type MimeWriter, makeMimeWriter } from './mime.ts';
import type { Slab } from './slab.ts';

/** A letter as it leaves, or why there is none. */
export type Written =
  | { readonly ok: true; readonly bytes: Buffer; readonly decision: Decision }
  | { readonly ok: false; readonly reason: SkipReason; readonly detail: string };

/** When a letter is written (ms) and what the server takes. */
export type Moment = Pick<Decision, 'date' | 'channel'>;

/** Writes the letters of one run. */
export interface LetterWriter {
  /**
   * A new letter: renders, lays out, signs, and says from what (the decision).
   * @param slab where its bytes may lie
   */
  write(
    sendId: number,
    program: LetterProgram,
    customer: { readonly email: string },
    context: LetterContext,
    moment: Moment,
    slab?: Slab,
  ): Promise<Written>;
  /** The same letter again, from its stored decision. */
  again(sendId: number, program: LetterProgram, decision: Decision): Promise<Buffer>;
  /** The return path: bounces come back to the send like replies do. */
  returnPath(sendId: number): string;
}

const notMailable: Written = {
  ok: false,
  reason: 'invalid address',
  detail: 'SMTP cannot carry this address',
};

/** What all letters of a run are written with. */
interface Desk {
  readonly plan: RunPlan;
  readonly tokens: Tokens;
  readonly papers: Papers;
  readonly mime: MimeWriter;
  readonly signer: DkimSigner | undefined;
}

/** @param signer signs with DKIM; undefined leaves letters unsigned */
export function letterWriter(plan: RunPlan, tokens: Tokens, signer: DkimSigner | undefined): LetterWriter {
  const papers = { html: new BytePaper(), text: new BytePaper() };
  const desk: Desk = { plan, tokens, papers, mime: makeMimeWriter(frameOf(plan)), signer };
  return {
    write: async (sendId, program, customer, context, moment, slab) => {
      const address = customer.email;
      if (wireAddress(address) === undefined) return notMailable;
      const letter = { to: { address }, ...moment, context: program.pick(context) };
      const result = await layOut(desk, sendId, program, letter, slab);
      if (!result.ok) return { ok: false, reason: 'data missing', detail: result.missing };
      const { bytes, links } = result;
      return { ok: true, bytes, decision: { ...letter, links, crc32: crc32(bytes), size: bytes.length } };
    },
    again: async (sendId, program, decision) => {
      const result = await layOut(desk, sendId, program, decision);
      if (!result.ok) throw new RangeError(`a stored decision lacks ${result.missing}`);
      return result.bytes;
    },
    returnPath: (sendId) => tokens.replyAddress(sendId, plan.replyDomain),
  };
}

function frameOf(plan: RunPlan): LetterFrame {
  const host = plan.from.address.slice(plan.from.address.lastIndexOf('@') + 1);
  return {
    from: plan.from,
    listId: { id: `${slug(plan.topic)}.${host}`, name: plan.topic },
    feedbackId: `${slug(plan.campaign)}:${slug(plan.topic)}:dear`,
  };
}

const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9-]+/g, '-');

async function layOut(
  desk: Desk,
  sendId: number,
  program: LetterProgram,
  { to, date, channel, context }: Pick<Decision, 'to' | 'date' | 'channel' | 'context'>,
  slab?: Slab,
) {
  const { plan, tokens } = desk;
  const urls = tokens.urls(plan.publicUrl, sendId);
  const printed = program.print(context, urls, desk.papers);
  if (!printed.ok) return printed;
  const { letter } = printed;
  const parts = {
    to,
    replyTo: { name: plan.from.name, address: tokens.replyAddress(sendId, plan.replyDomain) },
    subject: letter.subject,
    html: letter.html,
    text: letter.text,
    messageId: tokens.messageId(sendId, plan.replyDomain),
    date,
    unsubscribe: { url: urls.unsubscribe },
    send: String(sendId),
    lineEnds: 'crlf' as const,
    channel,
  };
  const unsigned = desk.mime(parts, slab);
  const bytes = desk.signer === undefined ? unsigned : await desk.signer.signAside(unsigned);
  return { ok: true as const, bytes, links: letter.links };
}
