import type { App } from '../../src/app.ts';
import { decisionSchema } from '../../src/campaigns/decision.ts';
import type { LetterContext, LetterProgram } from '../../src/content/program.ts';
import type { LetterUrls } from '../../src/tracking/tokens.ts';

/** A letter that Dear has sent, taken apart for the other contenders. */
export interface SentLetter {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** What followed DATA, before dot-stuffing. */
  readonly bytes: Buffer;
  readonly program: LetterProgram;
  readonly context: LetterContext;
  readonly urls: LetterUrls;
}

/** How many different letters the contenders hold in memory; they send these again and again. */
export const KEPT_LETTERS = 1000;

/** The first letters of the campaign `whole`, written again from their stored decisions: the very same bytes. */
export async function sentLetters(app: App, limit = KEPT_LETTERS): Promise<SentLetter[]> {
  const run = await app.runOf('whole');
  const writer = app.letters.writer(run);
  const letters: SentLetter[] = [];
  for (const id of await app.ledger.acceptedIds(run.id, limit)) {
    const send = await app.ledger.send(id);
    const decision = decisionSchema.parse(JSON.parse(String(send?.decision)));
    const { program } = await app.letters.press(send?.sourceHash ?? '');
    const urls = app.tokens.urls(run.plan.publicUrl, id);
    const rendered = program.render(decision.context, urls);
    if (!rendered.ok) throw new Error(`letter ${id} lacks ${rendered.missing}`);
    const { subject, html, text } = rendered.letter;
    const bytes = await writer.again(id, program, decision);
    const envelope = { from: writer.returnPath(id), to: decision.to.address };
    letters.push({ ...envelope, subject, html, text, bytes, program, context: decision.context, urls });
  }
  if (letters.length === 0) throw new Error('no letter was accepted, so there is nothing to compare with');
  return letters;
}

/** The letter for a running number. */
export function letterAt(letters: readonly SentLetter[], index: number): SentLetter {
  const letter = letters[index % letters.length];
  if (letter === undefined) throw new RangeError('there are no letters');
  return letter;
}
