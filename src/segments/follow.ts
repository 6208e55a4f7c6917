import type { SegmentStore } from './port.ts';
import type { ResolvedRule } from './rule.ts';

/** A followed segment that is this process's to look at, until `until` (ms, the database's clock). */
export interface FollowLease {
  readonly segment: string;
  readonly rule: ResolvedRule;
  readonly token: string;
  /** Whether members are only taken down: at the first look, and after the rule changed. */
  readonly baseline: boolean;
}

/** Who is known to be in each followed segment, and the events that tell of changes. */
export interface FollowStore {
  /** Whether a followed segment is due for a look that nobody has taken on. */
  due(now: number, everyMs: number): Promise<boolean>;
  /**
   * Takes the next followed segment whose last look is older than `everyMs`, or whose rule changed; undefined when
   * none is due. What another process looks at is left to it while that lives.
   */
  lease(now: number, everyMs: number, leaseMs: number): Promise<FollowLease | undefined>;
  /** The ids of the known members, ascending, in chunks, off the event loop. */
  known(segment: string): AsyncIterable<number[]>;
  /**
   * Takes down who came and who went, with an event each unless it is the baseline, in one transaction. Whoever is
   * known already, or gone already, is left out, so that it may be repeated. The lease grows by `leaseMs`.
   * @returns false when the lease is lost, and nothing was done.
   */
  change(lease: FollowLease, changes: Changes, at: number, leaseMs: number): Promise<boolean>;
  /** Ends the look: from now on changes make events. */
  done(lease: FollowLease, at: number): Promise<void>;
}

export interface Changes {
  readonly entered: readonly number[];
  readonly left: readonly number[];
}

export interface FollowDeps {
  readonly followed: FollowStore;
  readonly segments: Pick<SegmentStore, 'members'>;
  readonly everyMs: number;
  readonly clock: () => number;
}

const LEASE_MS = 60_000;
const CHANGES_AT_ONCE = 500;

/**
 * Looks at every followed segment that is due, and records who entered and who left since the last look as the
 * events `entered` and `left`, with the segment's name. The first look takes down who is in, without events; so does
 * the one after a change of the rule, since then not the customers moved.
 * @returns how many segments were looked at.
 */
export async function followSegments(deps: FollowDeps, signal?: AbortSignal): Promise<number> {
  let looked = 0;
  while (signal?.aborted !== true) {
    const lease = await deps.followed.lease(deps.clock(), deps.everyMs, LEASE_MS);
    if (lease === undefined) break;
    if (!(await look(deps, lease, signal))) break;
    looked += 1;
  }
  return looked;
}

/** Both lists come in the order of ids, so they are compared while they stream, whatever their length. */
async function look(deps: FollowDeps, lease: FollowLease, signal?: AbortSignal): Promise<boolean> {
  const at = deps.clock();
  let entered: number[] = [];
  let left: number[] = [];
  const flush = async () => {
    const kept = await deps.followed.change(lease, { entered, left }, at, LEASE_MS);
    entered = [];
    left = [];
    return kept;
  };
  // What is known is read first: whoever is merged in between then seems to enter what they are known to be in.
  const known = deps.followed.known(lease.segment);
  for await (const { id, side } of difference(known, deps.segments.members(lease.rule, at))) {
    (side === 'first' ? left : entered).push(id);
    if (entered.length + left.length < CHANGES_AT_ONCE) continue;
    if (signal?.aborted === true || !(await flush())) return false;
  }
  if (!(await flush())) return false;
  await deps.followed.done(lease, deps.clock());
  return true;
}

/** The ids that only one of two ascending streams has. */
async function* difference(
  first: AsyncIterable<readonly number[]>,
  second: AsyncIterable<readonly number[]>,
): AsyncGenerator<{ id: number; side: 'first' | 'second' }> {
  const [a, b] = [each(first), each(second)];
  try {
    let [one, other] = [await a.next(), await b.next()];
    while (!one.done || !other.done) {
      if (!one.done && (other.done || one.value < other.value)) {
        yield { id: one.value, side: 'first' };
        one = await a.next();
      } else if (!other.done && (one.done || other.value < one.value)) {
        yield { id: other.value, side: 'second' };
        other = await b.next();
      } else {
        one = await a.next();
        other = await b.next();
      }
    }
  } finally {
    await a.return(undefined);
    await b.return(undefined);
  }
}

async function* each(chunks: AsyncIterable<readonly number[]>): AsyncGenerator<number, undefined> {
  for await (const chunk of chunks) yield* chunk;
}
