const SIZE = 1024 * 1024;

/**
 * Memory for letters, cut from large pieces: a buffer of its own for each letter costs more than copying it, and the
 * garbage collector sees only one object for forty. A piece is freed when no letter of it is held any more.
 */
export class Slab {
  private piece: Buffer;
  private used = 0;

  /** @param first memory to begin with, in which nothing is held any more */
  constructor(first = new ArrayBuffer(0)) {
    this.piece = Buffer.from(first);
  }

  /** Whether memory is of the size of a piece, so that another slab may begin with it. */
  static isPiece(memory: ArrayBuffer): boolean {
    return memory.byteLength === SIZE;
  }

  /** So many octets with anything in them, the caller's alone. */
  take(octets: number): Buffer {
    if (octets > SIZE / 4) return Buffer.allocUnsafeSlow(octets);
    if (this.used + octets > this.piece.length) {
      this.piece = Buffer.allocUnsafeSlow(SIZE);
      this.used = 0;
    }
    const start = this.used;
    this.used += octets;
    return this.piece.subarray(start, this.used);
  }
}
