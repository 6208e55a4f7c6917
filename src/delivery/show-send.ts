import { crc32 } from 'node:zlib';
import type { Letterpress } from '../campaigns/assembly.ts';
import { decisionSchema } from '../campaigns/decision.ts';
import type { LedgerReader, Run, Send } from '../campaigns/port.ts';
import { DearError } from '../errors.ts';
import type { Tokens } from '../tracking/tokens.ts';
import type { LetterWriter } from './letter-writer.ts';

/** A letter shown again. */
export interface ShownSend {
  readonly facts: {
    readonly send: number;
    readonly campaign: string;
    readonly variant: string;
    readonly state: Send['state'];
    readonly source: string;
    readonly modules: readonly string[];
    readonly crc32: string;
    readonly size: number;
  };
  readonly bytes: Buffer;
  readonly html: string;
  readonly text: string;
  /** Whether these are the bytes that left. */
  readonly identical: boolean;
  /** What to know when they are not. */
  readonly difference: string;
}

/** What showing needs. */
export interface ShowDeps {
  readonly ledger: Pick<LedgerReader, 'send'>;
  readonly tokens: Tokens;
  run(id: number): Promise<Run | undefined>;
  press(hash: string): Promise<Letterpress>;
  writer(run: Run): LetterWriter;
}

/**
 * Writes a letter again from its stored decision and compares it with the checksum of what left.
 * @throws DearError `send.unknown`, or `send.no-letter` for a send that never had one
 */
export async function showSend(deps: ShowDeps, id: number): Promise<ShownSend> {
  const send = await deps.ledger.send(id);
  const run = send && (await deps.run(send.runId));
  if (send === undefined || run === undefined) {
    throw new DearError('send.unknown', `There is no send ${id}.`, {
      mend: 'Its id is in the X-Dear-Send header of the letter.',
    });
  }
  if (typeof send.decision !== 'string' || send.sourceHash === undefined) {
    throw new DearError(
      'send.no-letter',
      `Send ${id} is ${send.state}${send.reason ? ` (${send.reason})` : ''}: no letter was written.`,
      {
        mend: 'A letter is written in the moment before it leaves.',
      },
    );
  }
  const decision = decisionSchema.parse(JSON.parse(send.decision));
  const { source, program } = await deps.press(send.sourceHash);
  const bytes = await deps.writer(run).again(send.id, program, decision);
  const rendered = program.render(decision.context, deps.tokens.urls(run.plan.publicUrl, send.id));
  return {
    facts: {
      send: send.id,
      campaign: run.campaign,
      variant: send.variant ?? '',
      state: send.state,
      source: source.hash,
      modules: Object.entries(decision.context.modules).flatMap(([key, shown]) => (shown ? [key] : [])),
      crc32: decision.crc32.toString(16).padStart(8, '0'),
      size: decision.size,
    },
    bytes,
    html: rendered.ok ? rendered.letter.html : '',
    text: rendered.ok ? rendered.letter.text : '',
    identical: bytes.length === decision.size && crc32(bytes) === decision.crc32,
    difference:
      'This is NOT byte for byte what left: the secret, the DKIM key or the version of Dear changed since then.',
  };
}
