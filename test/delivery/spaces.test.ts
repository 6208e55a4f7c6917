import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slab } from '../../src/delivery/slab.ts';
import { Spaces } from '../../src/delivery/spaces.ts';

/** Memory as letters lie in, from a slab that has to find some. */
function memory(): ArrayBuffer {
  const { buffer } = new Slab().take(10);
  if (!(buffer instanceof ArrayBuffer)) throw new Error('a slab is made of ArrayBuffers');
  return buffer;
}

test('memory is spare when every letter in it is done, in whatever order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      (counts, luck) => {
        const spaces = new Spaces();
        const held = counts.map((letters) => ({ memory: memory(), letters }));
        for (const one of held) spaces.hold(one.memory, one.letters);
        while (held.length > 0) {
          expect(spaces.spare()).toBeUndefined();
          const place = (luck.next().value ?? 0) % held.length;
          const one = held[place];
          if (one === undefined) break;
          spaces.done(one.memory);
          one.letters -= 1;
          if (one.letters > 0) continue;
          held.splice(place, 1);
          expect(spaces.spare()).toBe(one.memory);
        }
        expect(spaces.spare()).toBeUndefined();
      },
    ),
  );
});

test('only as much is kept as is soon needed, and nothing of another size', () => {
  const spaces = new Spaces();
  const pieces = Array.from({ length: 20 }, memory);
  for (const piece of [...pieces, new ArrayBuffer(100)]) spaces.hold(piece, 1);
  for (const piece of [...pieces, new ArrayBuffer(100)]) spaces.done(piece);
  const spare = [];
  for (let one = spaces.spare(); one !== undefined; one = spaces.spare()) spare.push(one);
  expect(spare.length).toBeLessThan(pieces.length);
  expect(pieces).toEqual(expect.arrayContaining(spare));
});
