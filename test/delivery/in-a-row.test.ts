import { describe, expect, test } from 'vitest';
import { makeLine } from '../../src/delivery/letter-line.ts';
import type { LeasedSend, Settlement, Verdict } from '../../src/delivery/port.ts';
import type { Letter } from '../../src/delivery/scriptorium.ts';
import { type SendBatchDeps, sendBatch } from '../../src/delivery/send-batch.ts';
import type { Script } from './scripted-server.ts';
import { scripted, slotOf, transportTo } from './wire.ts';

const send = (id: number): LeasedSend => ({
  id,
  runId: 1,
  profileId: id,
  variant: 'a',
  sourceHash: 'x',
  attempts: 0,
});

const letterOf = (id: number): Letter => ({
  sendId: id,
  from: 'bounce@shop.example',
  to: `reader-${id}@example.test`,
  bytes: Buffer.from(`Subject: no. ${id}\r\n\r\n`),
  decision: '{}',
});

/** Sends letters 1 to `count` over one connection, and notes what became of each in the order in which it did. */
async function batchOf(count: number, script: Script | ((connection: number) => Script) = {}) {
  const { server, port } = await scripted(script);
  const transport = transportTo(`smtp://127.0.0.1:${port}?tls=never`);
  const notes: string[] = [];
  const stop = new AbortController();
  const deps: SendBatchDeps = {
    transport,
    line: (sends) =>
      makeLine(sends, String, {
        open: () => true,
        paused: () => false,
        limitOf: () => undefined,
        enter: () => true,
        leave: () => undefined,
        now: () => 0,
      }),
    letter: async (id) => letterOf(id),
    done: () => undefined,
    claim: async ({ id }): Promise<Verdict> => {
      notes.push(`claim ${id}`);
      return 'go';
    },
    settle: async ({ id, state }: Settlement) => void notes.push(`${state} ${id}`),
    firstRetryMs: 1000,
    mustWait: () => false,
    contentRefused: async () => undefined,
    contentAccepted: () => undefined,
    refused: async ({ id }, verdict) => void notes.push(`${verdict} ${id}`),
    skipped: async ({ id }, { reason }) => void notes.push(`${reason} ${id}`),
  };
  const sends = Array.from({ length: count }, (_, index) => send(index + 1));
  const go = (changes: Partial<SendBatchDeps> = {}) =>
    sendBatch({ ...deps, ...changes }, 'token', sends, stop.signal);
  const arrived = () => server.letters.map((one) => Number(/no\. (\d+)/.exec(String(one))?.[1]));
  return { server, transport, deps, notes, stop, go, arrived };
}

describe('letters in a row', () => {
  test('are claimed one at a time, each after the one before has left, though the server knows of it', async () => {
    const { server, notes, go, arrived } = await batchOf(3);
    expect(await go()).toMatchObject({ claimed: 3, serverDown: undefined });
    expect(notes).toEqual(['claim 1', 'accepted 1', 'claim 2', 'accepted 2', 'claim 3', 'accepted 3']);
    expect([arrived(), server.connections]).toEqual([[1, 2, 3], 1]);
    expect(server.chunks.join('')).toContain('no. 1\r\n\r\n.\r\nMAIL FROM');
  });

  test('end with one that may not leave after all: no octet of it does, and the next goes on', async () => {
    const { server, deps, notes, go, arrived } = await batchOf(4);
    const claim: SendBatchDeps['claim'] = async (request) =>
      request.id === 2 ? 'no consent' : deps.claim(request);
    expect(await go({ claim })).toMatchObject({ claimed: 3 });
    expect(notes).toContain('no consent 2');
    expect([arrived(), server.connections]).toEqual([[1, 3, 4], 2]);
    expect(server.chunks.join('')).not.toContain('no. 2');
  });

  test('go past those that get no letter', async () => {
    const { notes, go, arrived } = await batchOf(4);
    const letter: SendBatchDeps['letter'] = async (id) =>
      id === 2 || id === 4 ? { sendId: id, reason: 'data missing', detail: 'x' } : letterOf(id);
    expect(await go({ letter })).toMatchObject({ claimed: 2 });
    expect(arrived()).toEqual([1, 3]);
    expect(notes.filter((note) => note.startsWith('data'))).toEqual(['data missing 2', 'data missing 4']);
  });

  test('do not suffer from one that cannot be written: those before it leave, then the failure is told', async () => {
    const { notes, go, arrived } = await batchOf(3);
    const letter: SendBatchDeps['letter'] = async (id) => {
      if (id === 2) throw new Error('no ink');
      return letterOf(id);
    };
    await expect(go({ letter })).rejects.toThrow('no ink');
    expect([arrived(), notes]).toEqual([[1], ['claim 1', 'accepted 1']]);
  });

  test('stop when told to, and leave the one that was named to the server unclaimed', async () => {
    const { deps, notes, stop, go, arrived } = await batchOf(3);
    const settle: SendBatchDeps['settle'] = async (settlement) => {
      stop.abort();
      return deps.settle(settlement);
    };
    expect(await go({ settle })).toMatchObject({ claimed: 1 });
    expect([arrived(), notes]).toEqual([[1], ['claim 1', 'accepted 1']]);
  });

  test('are not claimed one by one for a server that has gone', async () => {
    const { server, deps, notes, go } = await batchOf(5, { final: 'drop' });
    const settle: SendBatchDeps['settle'] = async (settlement) => {
      void server.close();
      return deps.settle(settlement);
    };
    const { serverDown } = await go({ settle });
    expect(serverDown).toBeDefined();
    expect(notes).toEqual(['claim 1', 'unknown 1']);
  });

  test('let somebody else have the connection who goes first', async () => {
    const { deps, transport, go, arrived } = await batchOf(6);
    let other: Promise<number> | undefined;
    const settle: SendBatchDeps['settle'] = async (settlement) => {
      other ??= transport.slot(undefined, true).then((slot) => {
        const before = arrived().length;
        if (slot.kind === 'slot') slot.release();
        return before;
      });
      return deps.settle(settlement);
    };
    await go({ settle });
    expect(await other).toBeLessThan(4);
    expect(arrived()).toHaveLength(6);
    (await slotOf(transport)).release();
  });
});
