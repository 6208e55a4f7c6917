/** How patient the queue is, in milliseconds. Short leases and tests ask for less. */
export interface Timing {
  /** Until a server that does not answer at the start is given up. */
  readonly openMs: number;
  /** Until an operation is given up while the server is away. */
  readonly operationMs: number;
  /** How long a job stays its worker's without a sign of life; the worker gives one twice in that time. */
  readonly lockMs: number;
  /** Between two looks for jobs whose worker died. */
  readonly stalledCheckMs: number;
  /** Before the first retry of a job; doubles each time, with jitter. */
  readonly backoffMs: number;
  /** Before a worker asks again when its server refused the connection. */
  readonly reconnectMs: number;
  /** What closing may take once the last handler is done. */
  readonly closeMs: number;
}

export const defaultTiming: Timing = {
  openMs: 5000,
  operationMs: 10_000,
  // A dead worker's job holds back the wake-ups that have its key, so it is given up soon.
  lockMs: 10_000,
  stalledCheckMs: 5000,
  backoffMs: 1000,
  reconnectMs: 2000,
  closeMs: 5000,
};
