import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Doorkeeper, makeLine } from '../../src/delivery/letter-line.ts';

/** A door with so many seats for every domain that begins with 's'. */
function doorWith(seats: number) {
  const used = new Map<string, number>();
  const paused = new Set<string>();
  let now = 0;
  const domainOf = (address: string) => address.slice(address.indexOf('@') + 1);
  const door: Doorkeeper = {
    open: () => false,
    paused: (address) => paused.has(domainOf(address)),
    limitOf: (address) => (domainOf(address).startsWith('s') ? domainOf(address) : undefined),
    enter: (limit) => {
      const taken = used.get(limit) ?? 0;
      if (taken >= seats) return false;
      used.set(limit, taken + 1);
      return true;
    },
    leave: (limit) => void used.set(limit, (used.get(limit) ?? 0) - 1),
    now: () => now,
  };
  return { door, used, paused, pass: (ms: number) => (now += ms) };
}

const self = (address: string) => address;

describe('a line of letters', () => {
  test('goes past those without a seat, and comes back to them in their order', () => {
    const { door } = doorWith(1);
    const line = makeLine(['1@s', '2@s', '3@f', '4@s', '5@f'], self, door);
    const first = line.next();
    expect([first?.letter, line.next()?.letter, line.next()?.letter, line.next()]).toEqual([
      '1@s',
      '3@f',
      '5@f',
      undefined,
    ]);
    first?.done();
    first?.done();
    const second = line.next();
    expect([second?.letter, line.next()]).toEqual(['2@s', undefined]);
    second?.done();
    expect(line.next()?.letter).toBe('4@s');
  });

  test('hands out a letter ahead of its turn only where no seats are kept', () => {
    const { door } = doorWith(2);
    const kept = makeLine(['1@s', '2@f'], self, door);
    expect([kept.ahead(), kept.next()?.letter, kept.ahead()]).toEqual([undefined, '1@s', undefined]);
    const free = makeLine(['1@s', '2@f'], self, { ...door, open: () => true });
    expect([free.ahead()?.letter, free.next()?.letter, free.ahead()]).toEqual(['1@s', '2@f', undefined]);
  });

  test('does not wait for a seat for longer than its patience', () => {
    const { door, pass } = doorWith(1);
    const line = makeLine(['1@s', '2@s', '3@s'], self, door);
    const first = line.next();
    expect(line.next()).toBeUndefined();
    pass(5001);
    first?.done();
    expect(line.next()).toBeUndefined();
  });

  test('leaves out a destination that has just asked for a pause', () => {
    const { door, paused } = doorWith(1);
    const line = makeLine(['1@s', '2@s', '3@f', '4@g'], self, door);
    const first = line.next();
    expect(line.next()?.letter).toBe('3@f');
    paused.add('s').add('g');
    first?.done();
    expect(line.next()).toBeUndefined();
  });

  test('whoever comes and goes, no limit is passed, nobody goes twice, and all go', () => {
    const domain = fc.constantFrom('s1', 's2', 'f');
    const steps = fc.array(fc.nat(5), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(domain, { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        steps,
        (to, seats, order) => {
          const { door, used } = doorWith(seats);
          const letters = to.map((name, index) => `${index}@${name}`);
          const line = makeLine(letters, self, door);
          const gone: string[] = [];
          const flying: { letter: string; done(): void }[] = [];
          for (let step = 0; ; step += 1) {
            const turn = flying.length < 4 ? line.next() : undefined;
            if (turn !== undefined) {
              gone.push(turn.letter);
              flying.push(turn);
            } else if (flying.length > 0) {
              const [landed] = flying.splice((order[step % order.length] ?? 0) % flying.length, 1);
              landed?.done();
            } else break;
            for (const taken of used.values()) expect(taken).toBeLessThanOrEqual(seats);
          }
          expect([...gone].sort()).toEqual([...letters].sort());
          expect([...used.values()].every((taken) => taken === 0)).toBe(true);
        },
      ),
    );
  });
});
