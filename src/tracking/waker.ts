const PAUSE_MS = 200;

/** Tells the fold that there is something to do, seldom enough to cost nothing. */
export interface Waker {
  /** Never throws, never waits. */
  wake(): void;
  /** Stops; a wake-up that was still to come is dropped, the sweeper makes up for it. */
  close(): void;
}

/**
 * At most one wake-up every `pauseMs` (default 200): the first at once, and one more at the end of the pause
 * when others were asked for meanwhile, so that nothing stored stays unnoticed. A wake-up that cannot be added
 * is harmless, because arrivals are found in the store; `failed` hears of it.
 */
export function makeWaker(
  add: () => Promise<unknown>,
  failed: (error: unknown) => void,
  pauseMs = PAUSE_MS,
): Waker {
  let pause: NodeJS.Timeout | undefined;
  let again = false;
  let closed = false;
  const wake = () => {
    if (closed) return;
    if (pause !== undefined) {
      again = true;
      return;
    }
    pause = setTimeout(() => {
      pause = undefined;
      if (!again) return;
      again = false;
      wake();
    }, pauseMs);
    pause.unref();
    Promise.resolve().then(add).catch(failed);
  };
  return {
    wake,
    close: () => {
      closed = true;
      clearTimeout(pause);
    },
  };
}
