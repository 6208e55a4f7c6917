import { Slab } from './slab.ts';

/** More are not kept: a worker that has had much to do gives memory back. */
const KEPT = 8;

/**
 * Memory that letters lie in, used again once nobody reads any of them: fresh memory must be cleared by the system,
 * and found to be garbage afterwards. What is not reported as done is left to the collector.
 */
export class Spaces {
  /** How many letters lie in it; whoever still holds one of them holds the memory. */
  readonly #held = new WeakMap<ArrayBuffer, number>();
  readonly #spare: ArrayBuffer[] = [];

  /** The caller's alone. */
  spare(): ArrayBuffer | undefined {
    return this.#spare.pop();
  }

  /** So many letters lie in this memory. */
  hold(memory: ArrayBuffer, letters: number): void {
    if (letters > 0 && Slab.isPiece(memory)) this.#held.set(memory, letters);
  }

  /** Nobody will read one of the letters in this memory again. */
  done(memory: ArrayBufferLike): void {
    if (!(memory instanceof ArrayBuffer)) return;
    const left = (this.#held.get(memory) ?? 0) - 1;
    if (left > 0) {
      this.#held.set(memory, left);
      return;
    }
    const wasHeld = this.#held.delete(memory);
    if (wasHeld && this.#spare.length < KEPT) this.#spare.push(memory);
  }
}
