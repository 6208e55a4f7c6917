import { DearError } from './errors.ts';

const MAX_ITEMS = 64;
const MAX_WAIT_MS = 5;
const GIVE_UP_AFTER = 3;

/** Many small writes that become few commits. */
export interface Grouped<T, R> {
  /** Resolves with this item's result once its group is committed. */
  add(item: T): Promise<R>;
  /** Commits what waits, then resolves. Adding afterwards is refused with `grouped.closed`. */
  close(): Promise<void>;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupLimits<T> {
  readonly maxItems?: number;
  readonly maxWaitMs?: number;
  readonly maxWeight?: number;
  /** A group that weighs as much does not wait for company; default `maxWeight`. */
  readonly enough?: number;
  readonly weigh?: (item: T) => number;
}

/**
 * A group commit. One commit runs at a time; what arrives meanwhile is the next group, so the timer only
 * matters to items that find nothing running: they wait up to `maxWaitMs` (default 5) for company, or with 0 until
 * the event loop has dealt with what is at hand.
 * A group is at most `maxItems` (default 64) items, in the order of `add`; where items differ in size, `weigh` tells
 * each one's, and a group ends before it weighs more than `maxWeight`, unless its first item alone does.
 *
 * `commit` returns one result an item, in order, and is all or nothing. When a group fails, its items are
 * committed again one by one, so that one bad item does not take the others with it; after three such
 * failures in a row the trouble is not the items' and the rest is rejected with the last error.
 * An item can therefore reach `commit` twice (also when a commit succeeded but its answer was lost): make
 * committing it again harmless.
 */
export function grouped<T, R>(
  options: GroupLimits<T>,
  commit: (items: readonly T[]) => Promise<readonly R[]>,
): Grouped<T, R> {
  const { maxItems = MAX_ITEMS, maxWaitMs = MAX_WAIT_MS } = options;
  const { maxWeight = Number.POSITIVE_INFINITY, enough = maxWeight, weigh = () => 1 } = options;
  let waiting: Waiting<T, R>[] = [];
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let running: Promise<void> | undefined;
  let closed = false;
  let weight = 0;

  const take = () => {
    let end = 0;
    for (let sum = 0; end < Math.min(maxItems, waiting.length); end += 1) {
      const next = waiting[end];
      sum += next === undefined ? 0 : weigh(next.item);
      if (end > 0 && sum > maxWeight) break;
    }
    const group = waiting.slice(0, end);
    waiting = waiting.slice(end);
    for (const { item } of group) weight -= weigh(item);
    return group;
  };
  const drain = async () => {
    while (waiting.length > 0) {
      const group = take();
      await settle(group, commit);
    }
    // In the same step as the last look: whoever comes after it must find that nothing is running.
    running = undefined;
  };
  const start = () => {
    cancel(timer);
    timer = undefined;
    if (running === undefined && waiting.length > 0) running = drain();
    return running;
  };
  return {
    add: (item) => {
      if (closed)
        return Promise.reject(
          new DearError('grouped.closed', 'Nothing can be stored any more: it is closing.'),
        );
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        weight += weigh(item);
        if (running !== undefined) return;
        if (waiting.length >= maxItems || weight >= enough) start();
        else timer ??= maxWaitMs === 0 ? setImmediate(start) : setTimeout(start, maxWaitMs);
      });
    },
    close: async () => {
      closed = true;
      await start();
    },
  };
}

function cancel(timer: NodeJS.Timeout | NodeJS.Immediate | undefined): void {
  if (timer === undefined) return;
  if ('refresh' in timer) clearTimeout(timer);
  else clearImmediate(timer);
}

type Commit<T, R> = (items: readonly T[]) => Promise<readonly R[]>;

async function settle<T, R>(group: readonly Waiting<T, R>[], commit: Commit<T, R>): Promise<void> {
  try {
    const results = await committed(group, commit);
    for (const [index, result] of results.entries()) group[index]?.resolve(result);
  } catch (error) {
    const [only] = group;
    if (group.length === 1) only?.reject(error);
    else await settleSingly(group, commit, error);
  }
}

async function settleSingly<T, R>(
  group: readonly Waiting<T, R>[],
  commit: Commit<T, R>,
  failure: unknown,
): Promise<void> {
  let failedInARow = 0;
  let lastError = failure;
  for (const waiting of group) {
    if (failedInARow >= GIVE_UP_AFTER) {
      waiting.reject(lastError);
      continue;
    }
    try {
      for (const result of await committed([waiting], commit)) waiting.resolve(result);
      failedInARow = 0;
    } catch (error) {
      lastError = error;
      failedInARow += 1;
      waiting.reject(error);
    }
  }
}

async function committed<T, R>(group: readonly Waiting<T, R>[], commit: Commit<T, R>): Promise<readonly R[]> {
  const results = await commit(group.map((waiting) => waiting.item));
  if (results.length === group.length) return results;
  throw new DearError(
    'grouped.count',
    `A group of ${group.length} was committed with ${results.length} results; there must be one an item.`,
  );
}
