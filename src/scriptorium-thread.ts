import { workerData } from 'node:worker_threads';
import type { Run } from './campaigns/port.ts';
import type { Surveyed } from './campaigns/survey.ts';
import type { Moment } from './delivery/letter-writer.ts';
import type { LeasedSend } from './delivery/port.ts';
import {
  type Batch,
  type Letter,
  type NoLetter,
  type Reader,
  scriptoriumHere,
  type WrittenLetter,
} from './delivery/scriptorium.ts';
import { Slab } from './delivery/slab.ts';
import { DearError } from './errors.ts';
import { openStore } from './store/open.ts';
import { serveThread } from './thread.ts';
import { wireWriting, writingSettings } from './writing.ts';

/*
 * A thread that writes letters: it reads customers and their data over a connection of its own, renders, lays out and
 * signs. Nothing is written to the database here.
 */

export type ScriptoriumAsk =
  | { readonly kind: 'survey'; readonly run: Run; readonly profileIds: readonly number[] }
  | {
      readonly kind: 'gather';
      readonly batch: number;
      readonly run: Run;
      readonly sends: readonly LeasedSend[];
      readonly now: number;
    }
  | {
      readonly kind: 'write';
      readonly batch: number;
      readonly ids: readonly number[];
      readonly moment: Moment;
      /** Memory for them, handed over; nobody reads it any more. */
      readonly space: ArrayBuffer | undefined;
    }
  | { readonly kind: 'end'; readonly batch: number }
  | { readonly kind: 'close' };

/** Letters without their bytes, which lie in `bytes`. */
export interface Packed {
  readonly letters: readonly (PackedLetter | NoLetter)[];
  readonly bytes: ArrayBuffer;
}

interface PackedLetter {
  readonly sendId: number;
  readonly from: string;
  readonly to: string;
  readonly decision: string;
  readonly start: number;
  readonly end: number;
}

export type ScriptoriumAnswer =
  | { readonly kind: 'surveyed'; readonly surveyed: readonly Surveyed[] }
  | { readonly kind: 'readers'; readonly readers: readonly Reader[] }
  | { readonly kind: 'letters'; readonly packed: Packed }
  | { readonly kind: 'done' };

await serveThread<ScriptoriumAsk, ScriptoriumAnswer>(async () => {
  const { config } = workerData;
  const store = await openStore(config.databaseUrl, config.secret);
  const letters = wireWriting(store, writingSettings(config));
  const scriptorium = scriptoriumHere(letters);
  const batches = new Map<number, Batch>();

  return async (ask) => {
    switch (ask.kind) {
      case 'survey': {
        const surveyed = await scriptorium.survey(ask.run, ask.profileIds);
        return { answer: { kind: 'surveyed', surveyed } };
      }
      case 'gather': {
        const batch = await scriptorium.gather(ask.run, ask.sends, ask.now);
        batches.set(ask.batch, batch);
        return { answer: { kind: 'readers', readers: batch.readers } };
      }
      case 'write': {
        const batch = batches.get(ask.batch);
        if (batch === undefined) throw new DearError('scriptorium.batch', 'That batch was ended.');
        const packed = pack(await batch.write(ask.ids, ask.moment, new Slab(ask.space)));
        return { answer: { kind: 'letters', packed }, transfer: [packed.bytes] };
      }
      case 'end':
        batches.delete(ask.batch);
        return { answer: { kind: 'done' } };
      case 'close':
        await store.close();
        return { answer: { kind: 'done' } };
    }
  };
});

/** As they lie, if all lie in one piece of memory; else in another, one after another. */
function pack(letters: readonly Letter[]): Packed {
  const written = letters.filter((letter) => 'bytes' in letter);
  const [first] = written;
  const memory = first?.bytes.buffer;
  const inOne = written.every((letter) => letter.bytes.buffer === memory);
  if (memory instanceof ArrayBuffer && Slab.isPiece(memory) && inOne) {
    return { letters: letters.map((letter) => placed(letter, startOf)), bytes: memory };
  }
  const bytes = new Uint8Array(written.reduce((sum, letter) => sum + letter.bytes.length, 0));
  let end = 0;
  const copied = (letter: WrittenLetter) => {
    const start = end;
    bytes.set(letter.bytes, start);
    end += letter.bytes.length;
    return start;
  };
  return { letters: letters.map((letter) => placed(letter, copied)), bytes: bytes.buffer };
}

const startOf = (letter: WrittenLetter) => letter.bytes.byteOffset;

function placed(letter: Letter, place: (letter: WrittenLetter) => number): PackedLetter | NoLetter {
  if (!('bytes' in letter)) return letter;
  const { sendId, from, to, decision, bytes } = letter;
  const start = place(letter);
  return { sendId, from, to, decision, start, end: start + bytes.length };
}
