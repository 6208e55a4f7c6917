import { sql } from 'drizzle-orm';
import type { EventDemands } from '../segments/demands.ts';
import type { Compiling } from './segment-compile.ts';
import { type Figures, isTrue } from './segment-figures.ts';

/**
 * Whether a profile ordered at all, before a moment, or since one, asked of its figures: the first and last order line
 * are kept in the table `traits`, whose one row a profile is read far sooner than the events of a long window are.
 * Undefined where the rule asks something else, or where too many profiles wait to be folded.
 */
export function recencyFigures(events: EventDemands, compiling: Compiling): Figures | undefined {
  const { once, where, type, from, until } = events;
  const [order, ...others] = compiling.settings.traits.orderEvents;
  const isOrder = order === type && others.length === 0;
  if (!isOrder || !once || where !== undefined || compiling.over === 'batch' || !compiling.folded)
    return undefined;
  if (from === undefined) return { holds: isTrue(sql`t.first_line_at < ${until}`), fitsNone: false };
  if (until !== compiling.now + 1 || !compiling.isWide(events)) return undefined;
  return { holds: isTrue(sql`t.last_line_at >= ${from}`), fitsNone: false };
}
