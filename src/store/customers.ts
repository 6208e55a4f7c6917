import { type SQL, sql } from 'drizzle-orm';
import type { Candidate, Customer, Customers } from '../campaigns/customers.ts';
import type { Database } from './database.ts';
import { objectOf } from './json-column.ts';
import { frequencyOf } from './profile-rows.ts';

/** Customers as planning and assembling read them: thousands of times, and so by hand. */
export function customerStore(db: Database): Customers {
  return {
    byIds: async (ids) => {
      const rows = await db.rows<CustomerRow>(sql`SELECT ${columns} FROM profiles p
        WHERE p.id IN ${db.phrases.numbers(ids)} ORDER BY p.id`);
      return new Map(rows.map((row) => [row.id, customerOf(row)]));
    },
    candidates: async (ids, topic) => {
      const rows = await db.rows<CandidateRow>(sql`WITH v(id) AS ${db.phrases.numbers(ids)}
        SELECT ${columns}, c.state AS consent, s.reason AS suppressed
        FROM v JOIN profiles p ON p.id = v.id
        LEFT JOIN consents c ON c.profile_id = p.id AND c.topic = ${topic}
        LEFT JOIN suppressions s ON s.address = p.email
        ORDER BY p.id`);
      return rows.map(candidateOf);
    },
  };
}

const columns: SQL = sql`p.id AS id, p.email AS email, p.attributes AS attributes, p.time_zone AS time_zone,
  p.frequency_max AS frequency_max, p.frequency_per AS frequency_per, p.important_only AS important_only,
  p.quiet_from AS quiet_from, p.quiet_to AS quiet_to, p.paused_until AS paused_until`;

interface CustomerRow {
  readonly id: number;
  readonly email: string | null;
  readonly attributes: unknown;
  readonly time_zone: string | null;
  readonly frequency_max: number | null;
  readonly frequency_per: string | null;
  readonly important_only: number | null;
  readonly quiet_from: number | null;
  readonly quiet_to: number | null;
  readonly paused_until: number | null;
}

interface CandidateRow extends CustomerRow {
  readonly consent: string | null;
  readonly suppressed: string | null;
}

function customerOf(row: CustomerRow): Customer {
  const { quiet_from: from, quiet_to: to } = row;
  return {
    id: row.id,
    email: row.email ?? undefined,
    attributes: objectOf(row.attributes),
    timeZone: row.time_zone ?? undefined,
    frequency: frequencyOf({
      frequencyMax: row.frequency_max,
      frequencyPer: row.frequency_per,
      importantOnly: row.important_only,
    }),
    quietHours: from !== null && to !== null ? { from, to } : undefined,
    pausedUntil: row.paused_until ?? undefined,
  };
}

function candidateOf(row: CandidateRow): Candidate {
  return {
    customer: customerOf(row),
    consents: row.consent === 'in',
    suppressed: row.suppressed ?? undefined,
  };
}
