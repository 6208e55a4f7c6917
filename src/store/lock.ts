/** A queue of promises: whoever asks gets its turn after all who asked before. */
export class Lock {
  #tail: Promise<void> = Promise.resolve();
  #asked = 0;

  /** Whether nobody has it or waits for it. */
  get isFree(): boolean {
    return this.#asked === 0;
  }

  /** Runs `work` alone; its failure is the caller's, the next in line goes on. */
  run<T>(work: () => Promise<T> | T): Promise<T> {
    this.#asked += 1;
    const turn = this.#tail.then(work);
    const done = () => {
      this.#asked -= 1;
    };
    this.#tail = turn.then(done, done);
    return turn;
  }
}
