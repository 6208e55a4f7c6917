import { DearError } from '../errors.ts';
import { grouped } from '../grouped.ts';
import type { Delivery, Intake, IntakeDeps, Outcome } from './intake.ts';
import { type Found, find, storeFound } from './intake-steps.ts';

/** Items in one commit: enough to share it, few enough that nobody waits long for it. */
const GROUP_ITEMS = 500;
const GROUP_DELIVERIES = 256;
/** A call with so many shares its commit among them: it would wait for nothing. */
const GROUP_ENOUGH = 20;
/** Items that may wait to be stored; a second or two of work. */
const MOST_WAITING = 20_000;

/**
 * Takes in events and profiles by group commits. An event is stored as an event at once, not as an arrival first: it
 * needs no judging, and only the events themselves can tell whether it is a duplicate.
 */
export function makeIntake(deps: IntakeDeps): Intake {
  const steps = makeSteps(deps);
  let waiting = 0;
  return {
    take: async (delivery) => {
      const count = delivery.items.length;
      if (count === 0) return [];
      if (waiting > 0 && waiting + count > MOST_WAITING) throw busy();
      waiting += count;
      try {
        return await steps.take(delivery);
      } finally {
        waiting -= count;
      }
    },
    close: steps.close,
  };
}

/**
 * Three steps that go on at once: while one group is stored, it is looked up who the next is about, and the disk is
 * waited for with those before.
 */
function makeSteps(deps: IntakeDeps): Intake {
  const beingStored = new Set<Promise<unknown>>();
  const limits = { maxItems: GROUP_DELIVERIES, maxWeight: GROUP_ITEMS };
  const finding = grouped<Delivery, Found>(
    { ...limits, enough: GROUP_ENOUGH, weigh: ({ items }) => items.length },
    async (deliveries) => {
      const found = await find(deps, deliveries);
      // One group ahead is enough: who is who may change while it waits.
      await Promise.allSettled(beingStored);
      return found;
    },
  );
  const storing = grouped<Found, Outcome[]>(
    { ...limits, maxWaitMs: 0, weigh: ({ entries }) => entries.length },
    (found) => storeFound(deps, found),
  );
  const store = async (found: Found): Promise<Outcome[]> => {
    const stored = storing.add(found);
    beingStored.add(stored);
    return stored.finally(() => beingStored.delete(stored));
  };
  return {
    take: async (delivery) => {
      const outcomes = await store(await finding.add(delivery));
      await deps.store.kept();
      return outcomes;
    },
    close: async () => {
      await finding.close();
      await storing.close();
      await deps.store.kept();
    },
  };
}

function busy(): DearError {
  return new DearError('intake.busy', 'More is waiting to be stored than can be stored soon.', {
    mend: 'Send it again in a few seconds; what has an id counts once.',
  });
}
