import { postgresColumns } from './postgres-columns.ts';
import { defineTables } from './tables.ts';

/** The tables as drizzle-kit and the store see them on PostgreSQL. */
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
} = defineTables(postgresColumns);
