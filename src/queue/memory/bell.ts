interface Sleeper {
  readonly owner: object;
  readonly wake: (rung: boolean) => void;
}

/** What workers sleep by until there is something for them to do. */
export class Bell {
  readonly #sleepers = new Set<Sleeper>();

  /** How many sleep. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Wakes everybody, or only who sleeps for `owner`. */
  ring(owner?: object): void {
    for (const sleeper of this.#sleepers) {
      if (owner === undefined || sleeper.owner === owner) sleeper.wake(true);
    }
  }

  /** Resolves with true when the bell rings, with false after `ms` milliseconds. */
  sleep(owner: object, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (rung: boolean) => {
        clearTimeout(timer);
        this.#sleepers.delete(sleeper);
        resolve(rung);
      };
      const timer = setTimeout(() => wake(false), Math.max(ms, 1));
      const sleeper = { owner, wake };
      this.#sleepers.add(sleeper);
    });
  }
}
