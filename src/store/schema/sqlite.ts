import { sqliteColumns } from './sqlite-columns.ts';
import { defineTables } from './tables.ts';

/** The tables as drizzle-kit and the store see them on SQLite. */
export const {
  profiles,
  events,
  consents,
  consentChanges,
  suppressions,
  confirmations,
  externalIds,
  mergedProfiles,
  segments,
  traits,
  traitMarks,
  traitState,
  segmentMembers,
  runs,
  letterSources,
  sends,
  rates,
  arrivals,
  notices,
  audit,
  chores,
  apiKeys,
} = defineTables(sqliteColumns);
