import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DueHeap } from '../../../src/queue/memory/due-heap.ts';
import { Line } from '../../../src/queue/memory/line.ts';

class Item {
  before: Item | undefined;
  after: Item | undefined;
  slot = 0;
  turn = 0;
  readonly number: number;
  due: number;
  constructor(number: number, due: number) {
    this.number = number;
    this.due = due;
  }
}

/** Steps that come as they come: add something, or remove the nth of what is there. */
const steps = fc.array(
  fc.oneof(
    fc.record({ add: fc.constantFrom('last', 'first'), due: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ remove: fc.nat() }),
  ),
  { maxLength: 200 },
);

describe('a line', () => {
  test('is an array in which every step costs the same', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const line = new Line<Item>();
        let model: Item[] = [];
        for (const [number, step] of taken.entries()) {
          if ('add' in step) {
            const item = new Item(number, step.due);
            if (step.add === 'last') line.append(item);
            else line.prepend(item);
            model = step.add === 'last' ? [...model, item] : [item, ...model];
          } else if (model.length > 0) {
            const [item] = model.splice(step.remove % model.length, 1);
            if (item) line.remove(item);
          }
          expect(line.size).toBe(model.length);
          expect(line.first).toBe(model[0]);
        }
        expect([...line]).toEqual(model);
      }),
    );
  });

  test('may lose the item that was handed out', () => {
    const line = new Line<Item>();
    for (let number = 0; number < 5; number += 1) line.append(new Item(number, 0));
    for (const item of line) if (item.number % 2 === 0) line.remove(item);
    expect([...line].map(({ number }) => number)).toEqual([1, 3]);
  });
});

test('a heap knows what is due first, and of two at once which came first', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const heap = new DueHeap<Item>();
      const model: Item[] = [];
      const inOrder = () => model.toSorted((a, b) => a.due - b.due || a.number - b.number);
      for (const [number, step] of taken.entries()) {
        if ('add' in step) {
          const item = new Item(number, step.due);
          heap.add(item);
          model.push(item);
        } else if (model.length > 0) {
          const [item] = model.splice(step.remove % model.length, 1);
          if (item) heap.remove(item);
        }
        expect(heap.first).toBe(inOrder()[0]);
      }
      expect(heap.sorted()).toEqual(inOrder());
      for (const expected of inOrder()) {
        const { first } = heap;
        expect(first).toBe(expected);
        if (first) heap.remove(first);
      }
      expect(heap.size).toBe(0);
    }),
  );
});
