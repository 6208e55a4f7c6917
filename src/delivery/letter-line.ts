/** A letter whose turn it is; `done` gives its seat back, once it is sent or will not be. */
export interface Turn<T> {
  readonly letter: T;
  done(): void;
}

/** The letters of one batch, in the order in which they may leave. */
export interface Line<T> {
  /**
   * The next letter that nothing holds back; undefined when there is none now. A connection that gets none has no
   * more work here: those with a letter in flight come back for the rest, and what is left in the end goes back to
   * the ledger with the lease.
   */
  next(): Turn<T> | undefined;
  /**
   * The next letter while another is still on its way over the same connection; undefined as well when limits on
   * connections are kept, for a letter that only waits would hold a seat.
   */
  ahead(): Turn<T> | undefined;
}

/** What decides on a destination's turn. */
export interface Doorkeeper {
  /** Whether nothing holds any letter back now. */
  readonly open: () => boolean;
  /** Whether letters to this address have to wait, all of them. */
  readonly paused: (address: string) => boolean;
  /** The limit on connections that an address falls under. */
  readonly limitOf: (address: string) => string | undefined;
  readonly enter: (limit: string) => boolean;
  readonly leave: (limit: string, satMs: number) => void;
  /** A clock that never jumps, ms. */
  readonly now: () => number;
}

/** So long letters without a seat are kept in a batch; after that they must not hold it up any more. */
const PATIENCE_MS = 5000;
const nothing = () => undefined;

/** Lets letters past those that wait for a seat, so that a slow destination does not hold back the others. */
export function makeLine<T>(
  letters: readonly T[],
  addressOf: (letter: T) => string,
  door: Doorkeeper,
): Line<T> {
  const began = door.now();
  const aside = new Map<string, T[]>();
  let at = 0;

  const seated = (letter: T, limit: string): Turn<T> => {
    const sat = door.now();
    let left = false;
    return {
      letter,
      done: () => {
        if (left) return;
        left = true;
        door.leave(limit, door.now() - sat);
      },
    };
  };
  /** Those who were passed over come first. */
  const fromAside = (): Turn<T> | undefined => {
    if (aside.size > 0 && door.now() - began > PATIENCE_MS) aside.clear();
    for (const [limit, waiting] of aside) {
      const [first] = waiting;
      if (first === undefined) aside.delete(limit);
      else if (door.paused(addressOf(first))) aside.delete(limit);
      else if (door.enter(limit)) {
        waiting.shift();
        return seated(first, limit);
      }
    }
    return undefined;
  };
  const setAside = (letter: T, limit: string) => {
    const waiting = aside.get(limit);
    if (waiting === undefined) aside.set(limit, [letter]);
    else waiting.push(letter);
  };

  const next = (): Turn<T> | undefined => {
    const waiter = aside.size === 0 ? undefined : fromAside();
    if (waiter !== undefined) return waiter;
    while (at < letters.length) {
      const letter = letters[at];
      at += 1;
      if (letter === undefined) continue;
      if (door.open()) return { letter, done: nothing };
      const address = addressOf(letter);
      if (door.paused(address)) continue;
      const limit = door.limitOf(address);
      if (limit === undefined) return { letter, done: nothing };
      if (!aside.has(limit) && door.enter(limit)) return seated(letter, limit);
      setAside(letter, limit);
    }
    return undefined;
  };
  return { next, ahead: () => (aside.size === 0 && door.open() ? next() : undefined) };
}
