import { sql } from 'drizzle-orm';
import type { Conflict, IdentityPlan, Person } from '../profiles/identify.ts';
import { ANONYMOUS, FORMER_EMAIL } from '../profiles/identity.ts';
import { emptyState } from '../profiles/merge.ts';
import type { BulkInsert, BulkRow, Database, RowStatement } from './database.ts';
import { mergeProfiles } from './merges.ts';
import { carrySuppressions, recallOpenSends } from './moves.ts';
import { bulkRow, profileColumns } from './profile-rows.ts';
import { Raced } from './races.ts';
import { addOwnEvents } from './timeline.ts';

const addProfiles: BulkInsert = {
  into: 'profiles',
  columns: profileColumns,
  tail: 'ON CONFLICT (email) DO NOTHING RETURNING id, email',
};

const externalIdColumns = { source: 'text', value: 'text', profile_id: 'int', created_at: 'int' } as const;

const addExternalIds: BulkInsert = {
  into: 'external_ids',
  columns: { ...externalIdColumns, claimed: 'int' },
  tail: 'ON CONFLICT (source, value) DO NOTHING',
};

/** An address leads to one profile only: either as its own or as a former one. */
const addFormerEmails: BulkInsert = {
  into: 'external_ids',
  columns: externalIdColumns,
  tail: 'ON CONFLICT (source, value) DO UPDATE SET profile_id = excluded.profile_id',
};

const makeSure: RowStatement = {
  columns: { source: 'text', value: 'text', profile_id: 'bigint' },
  body: () => sql`UPDATE external_ids SET profile_id = v.profile_id, claimed = NULL
    FROM v WHERE external_ids.source = v.source AND external_ids.value = v.value`,
};

const setEmail: RowStatement = {
  columns: { profile_id: 'bigint', email: 'text', now: 'bigint' },
  body: () =>
    sql`UPDATE profiles SET email = v.email, updated_at = v.now FROM v WHERE profiles.id = v.profile_id`,
};

/**
 * Writes what a plan says, inside the caller's transaction, which has locked the stored profiles of the plan.
 * @returns the ids of the new profiles
 * @throws Raced when somebody else took an address or an external id meanwhile
 */
export async function writeIdentities(
  tx: Database,
  plan: IdentityPlan,
  by: string,
  now: number,
): Promise<Map<Person, number>> {
  const ids = await addPersons(tx, plan.changed, now);
  const pairs = plan.changed.flatMap((person) => {
    const survivor = person.id ?? ids.get(person);
    return survivor === undefined ? [] : person.absorbed.map((merged) => ({ survivor, merged }));
  });
  await mergeProfiles(tx, pairs, { by, why: 'one call named both' }, now);
  await writeEmails(tx, plan.changed, ids, by, now);
  await writeExternalIds(tx, plan, ids, now);
  await writeConflicts(tx, plan.conflicts, ids, by, now);
  return ids;
}

async function writeExternalIds(
  tx: Database,
  { changed, isPublic }: IdentityPlan,
  ids: ReadonlyMap<Person, number>,
  now: number,
): Promise<void> {
  const rowsOf = (row: (person: Person, id: number) => readonly BulkRow[]) =>
    changed.flatMap((person) => row(person, person.id ?? ids.get(person) ?? 0)).sort(byFirstTwo);
  const isClaim = (source: string) => isPublic && source !== ANONYMOUS;
  const added = rowsOf((person, id) =>
    person.externalIds.map(({ source, value }) => [source, value, id, now, isClaim(source) ? 1 : null]),
  );
  const { written } = await tx.insertMany(addExternalIds, added);
  if (written < added.length) throw new Raced();
  const sure = rowsOf((person, id) => person.sureIds.map(({ source, value }) => [source, value, id]));
  if (sure.length > 0) await tx.forEach(makeSure, sure);
}

/** In the order of addresses and ids: two calls at once then wait for each other only one way. */
const byFirstTwo = (a: BulkRow, b: BulkRow) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1);

async function addPersons(
  tx: Database,
  changed: readonly Person[],
  now: number,
): Promise<Map<Person, number>> {
  const fresh = changed
    .filter((person) => person.id === undefined)
    .sort((a, b) => ((a.email ?? '') < (b.email ?? '') ? -1 : 1));
  const { rows } = await tx.insertMany<{ id: number; email: string | null }>(
    addProfiles,
    fresh.map((person) => bulkRow(person.email ?? null, emptyState, now)),
  );
  if (rows.length < fresh.length) throw new Raced();
  const byEmail = new Map(rows.map((row) => [row.email, Number(row.id)]));
  const nameless = rows.filter((row) => row.email === null).map((row) => Number(row.id));
  const ids = new Map<Person, number>();
  for (const person of fresh) {
    const id = person.email === undefined ? nameless.pop() : byEmail.get(person.email);
    if (id !== undefined) ids.set(person, id);
  }
  return ids;
}

async function writeEmails(
  tx: Database,
  changed: readonly Person[],
  ids: ReadonlyMap<Person, number>,
  by: string,
  now: number,
): Promise<void> {
  const given = changed.flatMap(({ id, email, storedEmail }) =>
    id !== undefined && email !== undefined && email !== storedEmail ? [[id, email, now]] : [],
  );
  // Before it becomes a profile's own address it stops being a former one.
  const emails = given.map(([, email]) => String(email));
  if (emails.length > 0) {
    await tx.run(sql`DELETE FROM external_ids
      WHERE source = ${FORMER_EMAIL} AND value IN ${tx.phrases.texts(emails)}`);
    await tx.forEach(setEmail, given);
  }
  for (const person of changed) {
    const id = person.id ?? ids.get(person);
    if (id === undefined || person.email === undefined || person.emailChanges.length === 0) continue;
    const former = [...new Set(person.emailChanges.map(({ from }) => from))].filter(
      (one) => one !== person.email,
    );
    await tx.insertMany(
      addFormerEmails,
      former.map((address) => [FORMER_EMAIL, address, id, now]),
    );
    for (const from of former) await carrySuppressions(tx, from, person.email);
    await recallOpenSends(tx, id);
    await addOwnEvents(
      tx,
      person.emailChanges.map((change, index) => ({
        key: `address:${id}:${now}:${index}`,
        profileId: id,
        type: 'address changed',
        properties: { ...change, by },
      })),
      now,
    );
  }
}

async function writeConflicts(
  tx: Database,
  conflicts: readonly Conflict[],
  ids: ReadonlyMap<Person, number>,
  by: string,
  now: number,
): Promise<void> {
  const idOf = (person: Person) => person.id ?? ids.get(person) ?? 0;
  const events = conflicts
    .filter(({ person, other }) => person !== other)
    .flatMap(({ person, other, named }) => {
      const [one, two] = [idOf(person), idOf(other)];
      return [
        [one, two],
        [two, one],
      ].map(([of = 0, against = 0]) => ({
        key: `conflict:${of}:${against}`,
        profileId: of,
        type: 'conflict' as const,
        properties: { profile: against, named, by },
      }));
    });
  await addOwnEvents(tx, events, now);
}
