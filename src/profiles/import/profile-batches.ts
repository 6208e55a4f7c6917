import { DearError } from '../../errors.ts';
import { keyOf } from '../identify.ts';
import type { Intake, Outcome } from '../intake.ts';
import type { ChangeCounts, ProfileChange, ProfileStore } from '../port.ts';
import { attachExternalIds, erasedByIds, type Identifying } from './external-ids.ts';
import type { ImportedProfile } from './profile-rows.ts';
import type { Written } from './run.ts';

export type ProfileTarget = Pick<ProfileStore, 'upsertMany' | 'upsertNamed' | 'kept'>;

interface Targets {
  readonly store: ProfileTarget;
  readonly identities: Identifying | undefined;
  readonly intake: Pick<Intake, 'take'> | undefined;
}

/** Why a row about somebody who was erased is refused. */
export const ERASED = 'this person had themselves erased';
const BY = 'dear profiles import';

/**
 * Which rows of a batch are one person's: those with the same address, and those without one that have an external id
 * of a row before.
 */
export function personKeys(): (row: ImportedProfile) => string {
  const people = new Map<string, string>();
  return ({ email, externalIds = [] }) => {
    const [first] = externalIds;
    if (first === undefined) return email ?? '';
    const keys = externalIds.map(keyOf);
    // No address holds a space.
    const person = email ?? keys.map((key) => people.get(key)).find(Boolean) ?? ` ${keyOf(first)}`;
    for (const key of keys) people.set(key, person);
    return person;
  };
}

/** Stores a batch: first those without an address, since a row after them may give them one. */
export async function writeProfiles(
  targets: Targets,
  batch: readonly ImportedProfile[],
  now: number,
): Promise<Written> {
  if (batch.every(hasAddress)) return writeAddressed(targets, batch, now);
  const named = await writeNamed(targets.intake, places(batch, isNamed), now);
  const addressed = places(batch, hasAddress);
  const rows = addressed.map(([, row]) => row);
  const written = await writeAddressed(targets, rows, now);
  const refused = written.refused.map(({ place, reason }) => ({ place: addressed[place]?.[0] ?? 0, reason }));
  return {
    added: named.added + written.added,
    updated: named.updated + written.updated,
    unchanged: named.unchanged + written.unchanged,
    refused: [...named.refused, ...refused],
  };
}

interface BatchWritten extends Written {
  readonly refused: NonNullable<Written['refused']>;
}

type Addressed = ImportedProfile & { readonly email: string };

const hasAddress = (row: ImportedProfile): row is Addressed => row.email !== undefined;
const isNamed = (row: ImportedProfile): row is ImportedProfile => !hasAddress(row);

/** Those of a batch that are meant, each with its place. */
function places<R extends ImportedProfile>(
  batch: readonly ImportedProfile[],
  isMeant: (row: ImportedProfile) => row is R,
): [number, R][] {
  return batch.flatMap((row, place): [number, R][] => (isMeant(row) ? [[place, row]] : []));
}

/** People who are known by external ids alone come in as they do over the API. */
async function writeNamed(
  intake: Targets['intake'],
  rows: readonly [number, ImportedProfile][],
  now: number,
): Promise<BatchWritten> {
  if (intake === undefined)
    throw new DearError('import.identities', 'Profiles without an e-mail address cannot be imported here.');
  const items = rows.map(([, { email: _email, externalIds = [], ...change }]) => ({
    kind: 'profile' as const,
    who: { externalIds },
    changeEmail: false,
    isPublic: false,
    change,
  }));
  const outcomes = await intake.take({ items, by: BY, receivedAt: now });
  const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
  const refused = rows.flatMap(([place], index) =>
    outcomes[index]?.state === 'unknown' ? [{ place, reason: ERASED }] : [],
  );
  return { added: count('added'), updated: count('updated'), unchanged: count('unchanged'), refused };
}

async function writeAddressed(
  { store, identities }: Targets,
  batch: readonly ProfileChange[],
  now: number,
): Promise<BatchWritten> {
  // Most files say nothing new about who is who, and are stored without looking at each in turn.
  const plain = identities === undefined ? undefined : await store.upsertNamed(batch, now);
  if (plain !== undefined) return profilesWritten(batch, plain);
  const barred = identities ? await erasedByIds(identities, batch) : new Set<ProfileChange>();
  const rows = barred.size === 0 ? batch : batch.filter((one) => !barred.has(one));
  // First whom an id names already, whose address may be new; then those whom the addresses made.
  if (identities) await attachExternalIds(identities, rows, BY, now);
  const counts = await store.upsertMany(rows, now);
  if (identities) await attachExternalIds(identities, rows, BY, now);
  return profilesWritten(batch, counts, barred);
}

function profilesWritten(
  batch: readonly ProfileChange[],
  { erased, ...counts }: ChangeCounts,
  barred?: ReadonlySet<ProfileChange>,
): BatchWritten {
  const isErased = (one: ProfileChange) => barred?.has(one) === true || erased?.has(one.email) === true;
  const refused = batch.flatMap((one, place) => (isErased(one) ? [{ place, reason: ERASED }] : []));
  return { ...counts, refused };
}
