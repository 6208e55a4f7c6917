/** Hears SIGTERM and SIGINT; a second one ends the process at once. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Resolves when the first signal came. */
  readonly stopped: Promise<void>;
  release(): void;
}

export function untilStopped(): Stop {
  const controller = new AbortController();
  let resolve: () => void = () => undefined;
  const stopped = new Promise<void>((done) => {
    resolve = done;
  });
  const hear = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    resolve();
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
  return {
    signal: controller.signal,
    stopped,
    release: () => {
      process.off('SIGTERM', hear);
      process.off('SIGINT', hear);
    },
  };
}
