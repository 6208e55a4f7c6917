const nothing = () => undefined;

/** Those who wait for a connection to become free; whoever is woken looks again. */
export class Waiters {
  private readonly firsts = new Set<() => void>();
  private readonly others = new Set<() => void>();
  private looking = 0;

  /** Whether somebody is looking who goes before all others, who then wait. */
  get firstLooks(): boolean {
    return this.looking > 0;
  }

  /**
   * Has somebody search, who goes before all others if `first`.
   * @param look calls `found` as soon as it has found what it looked for; its end says so too
   */
  async search<T>(first: boolean, look: (found: () => void) => Promise<T>): Promise<T> {
    const found = first ? this.goFirst() : nothing;
    try {
      return await look(found);
    } finally {
      found();
    }
  }

  /** Announces somebody who goes first. @returns what says that they found what they looked for, or gave up */
  private goFirst(): () => void {
    let over = false;
    this.looking += 1;
    return () => {
      if (over) return;
      over = true;
      this.looking -= 1;
      if (this.looking === 0) this.wakeAll();
    };
  }

  /** Resolves when woken, or when the signal aborts. @param first is woken before the others */
  wait(signal: AbortSignal | undefined, first = false): Promise<void> {
    const waiting = first ? this.firsts : this.others;
    return new Promise((resolve) => {
      const done = () => {
        waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Wakes the one who has waited longest. */
  wakeOne(): void {
    const [next] = this.firsts.size > 0 ? this.firsts : this.others;
    next?.();
  }

  wakeAll(): void {
    for (const waiter of [...this.firsts, ...this.others]) waiter();
  }
}
