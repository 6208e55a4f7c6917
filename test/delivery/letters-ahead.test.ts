import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LettersAhead } from '../../src/delivery/letters-ahead.ts';
import type { Batch, Letter } from '../../src/delivery/scriptorium.ts';

const moment = { date: 0, channel: '8bit' } as const;

/** A batch that says what it was asked to write. */
function batch(asked: number[][], fails = false): Batch {
  const letterOf = (sendId: number): Letter => ({ sendId, reason: 'data missing', detail: `of ${sendId}` });
  return {
    readers: [],
    write: async (ids) => {
      asked.push([...ids]);
      if (fails) throw new Error('the thread has ended');
      return ids.map(letterOf);
    },
    done: () => undefined,
    end: () => undefined,
  };
}

test('gives each letter once, in whatever order, and has each written once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 90 }),
      fc.infiniteStream(fc.nat()),
      async (ids, luck) => {
        const asked: number[][] = [];
        const letters = new LettersAhead(batch(asked), ids, moment);
        const order = [...ids].sort(() => ((luck.next().value ?? 0) % 2 === 0 ? 1 : -1));
        const taken = await Promise.all(order.map((id) => letters.take(id)));
        expect(taken.map((letter) => letter?.sendId)).toEqual(order);
        expect(asked.flat().sort((a, b) => a - b)).toEqual([...ids].sort((a, b) => a - b));
        for (const id of ids) expect(await letters.take(id)).toBeUndefined();
        expect(await letters.take(1000)).toBeUndefined();
      },
    ),
  );
});

test('writes no more than one lot ahead of what is taken', async () => {
  const asked: number[][] = [];
  const ids = Array.from({ length: 100 }, (_, index) => index + 1);
  const letters = new LettersAhead(batch(asked), ids, moment);
  await letters.take(1);
  expect(asked.flat().length).toBeLessThanOrEqual(32);
  expect(asked.flat()).toContain(17);
});

test('tells whoever takes a letter that it could not be written', async () => {
  const letters = new LettersAhead(batch([], true), [1, 2], moment);
  await expect(letters.take(1)).rejects.toThrow('the thread has ended');
  await expect(letters.take(2)).rejects.toThrow('the thread has ended');
});
