/** Those who wait for a connection to become free; whoever is woken looks again. */
export class Waiters {
  private readonly firsts = new Set<() => void>();
  private readonly others = new Set<() => void>();

  /** Whether somebody waits who goes before others that come now. */
  get firstWaits(): boolean {
    return this.firsts.size > 0;
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
    const [next] = [...this.firsts, ...this.others];
    next?.();
  }

  wakeAll(): void {
    for (const waiter of [...this.firsts, ...this.others]) waiter();
  }
}
