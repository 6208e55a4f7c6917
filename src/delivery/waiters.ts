/** Those who wait for a connection to become free; whoever is woken looks again. */
export class Waiters {
  private readonly waiting = new Set<() => void>();

  /** Resolves when woken, or when the signal aborts. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Wakes the one who has waited longest. */
  wakeOne(): void {
    const [first] = this.waiting;
    first?.();
  }

  wakeAll(): void {
    for (const waiter of [...this.waiting]) waiter();
  }
}
