import { type SQL, sql } from 'drizzle-orm';
import type { EventDemands } from '../segments/demands.ts';
import type { Compiling } from './segment-compile.ts';
import { figuresCondition } from './segment-traits.ts';

/**
 * The condition that a profile ordered at all, before a moment, or since one: the first and last order line are kept
 * in the table `traits`, whose one row a profile is read far sooner than the events of a long window are. Undefined
 * where the rule asks something else, or where too many profiles wait to be folded.
 */
export function recencyCondition(
  events: EventDemands,
  compiling: Compiling,
  conjunct: boolean,
): SQL | undefined {
  const { once, where, type, from, until } = events;
  const [order, ...others] = compiling.settings.traits.orderEvents;
  const isOrder = order === type && others.length === 0;
  if (!isOrder || !once || where !== undefined || compiling.over === 'batch' || !compiling.folded)
    return undefined;
  if (from === undefined)
    return figuresCondition(isTrue(sql`t.first_line_at < ${until}`), false, compiling, conjunct);
  if (until !== compiling.now + 1 || !compiling.isWide(events)) return undefined;
  return figuresCondition(isTrue(sql`t.last_line_at >= ${from}`), false, compiling, conjunct);
}

const isTrue = (condition: SQL) => sql`((${condition}) IS TRUE)`;
