import { workerData } from 'node:worker_threads';
import type { Run } from './campaigns/port.ts';
import type { Surveyed } from './campaigns/survey.ts';
import type { Moment } from './delivery/letter-writer.ts';
import type { LeasedSend } from './delivery/port.ts';
import { type Batch, type NoLetter, type Reader, scriptoriumHere } from './delivery/scriptorium.ts';
import { DearError } from './errors.ts';
import { openStore } from './store/open.ts';
import { serveThread } from './thread.ts';
import { wireWriting, writingSettings } from './writing.ts';

/*
 * A thread that writes letters: it reads customers and their data over a connection of its own, renders, lays out and
 * signs. Nothing is written to the database here.
 */

export type ScriptoriumAsk =
  | { readonly kind: 'survey'; readonly runId: number; readonly profileIds: readonly number[] }
  | {
      readonly kind: 'gather';
      readonly batch: number;
      readonly runId: number;
      readonly sends: readonly LeasedSend[];
      readonly now: number;
    }
  | {
      readonly kind: 'write';
      readonly batch: number;
      readonly ids: readonly number[];
      readonly moment: Moment;
    }
  | { readonly kind: 'end'; readonly batch: number }
  | { readonly kind: 'close' };

/** Letters without their bytes, which lie one after another in `bytes`. */
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

const KEPT_RUNS = 100;

await serveThread<ScriptoriumAsk, ScriptoriumAnswer>(async () => {
  const { config } = workerData;
  const store = await openStore(config.databaseUrl, config.secret);
  const letters = wireWriting(store, writingSettings(config));
  const scriptorium = scriptoriumHere(letters);
  const batches = new Map<number, Batch>();
  const runs = new Map<number, Run>();

  /** What writing needs of a run was frozen when it was launched. */
  const runOf = async (id: number): Promise<Run> => {
    const run = runs.get(id) ?? (await letters.runs.byId(id));
    if (run === undefined) throw new DearError('run.unknown', `There is no run ${id}.`);
    if (runs.size >= KEPT_RUNS) runs.clear();
    runs.set(id, run);
    return run;
  };

  return async (ask) => {
    switch (ask.kind) {
      case 'survey': {
        const surveyed = await scriptorium.survey(await runOf(ask.runId), ask.profileIds);
        return { answer: { kind: 'surveyed', surveyed } };
      }
      case 'gather': {
        const batch = await scriptorium.gather(await runOf(ask.runId), ask.sends, ask.now);
        batches.set(ask.batch, batch);
        return { answer: { kind: 'readers', readers: batch.readers } };
      }
      case 'write': {
        const batch = batches.get(ask.batch);
        if (batch === undefined) throw new DearError('scriptorium.batch', 'That batch was ended.');
        const packed = pack(await batch.write(ask.ids, ask.moment));
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

function pack(letters: Awaited<ReturnType<Batch['write']>>): Packed {
  const octets = letters.reduce((sum, letter) => sum + ('bytes' in letter ? letter.bytes.length : 0), 0);
  const bytes = new Uint8Array(octets);
  let end = 0;
  const packed = letters.map((letter) => {
    if (!('bytes' in letter)) return letter;
    const start = end;
    bytes.set(letter.bytes, start);
    end += letter.bytes.length;
    const { sendId, from, to, decision } = letter;
    return { sendId, from, to, decision, start, end };
  });
  return { letters: packed, bytes: bytes.buffer };
}
