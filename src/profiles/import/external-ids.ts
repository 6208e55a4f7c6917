import { DearError } from '../../errors.ts';
import { type ExternalId, type IdentityStore, wrongExternalId, wrongNumberId } from '../identity.ts';
import type { DateReading } from '../times.ts';
import { compileExpression } from './expression.ts';
import { Refused } from './filters.ts';
import type { Expression } from './mapping.ts';
import { isEmpty, type Shape } from './record.ts';

/** Who is who, as importing needs it. */
export type Identifying = Pick<IdentityStore, 'resolve' | 'find' | 'areErased'>;

/**
 * Reads the external ids of a row, from expressions by source; empty ones are left out.
 * @throws DearError `import.mapping` when a source cannot be one, or a column does not exist
 */
export function externalIdReader(
  given: Readonly<Record<string, Expression>> | undefined,
  shape: Shape,
  dates: DateReading,
) {
  const compiled = Object.entries(given ?? {}).map(([source, expression]) => {
    const wrong = wrongExternalId({ source, value: '1' });
    if (wrong !== undefined) throw wrongSource(source, wrong);
    return { source, expression: compileExpression(expression, shape, dates) };
  });
  return {
    columns: compiled.flatMap((one) => one.expression.columns),
    read: (values: readonly unknown[]): ExternalId[] | Refused => {
      const found: ExternalId[] = [];
      for (const { source, expression } of compiled) {
        const value = expression.evaluate(values);
        if (value instanceof Refused) return value;
        if (isEmpty(value)) continue;
        if (typeof value === 'object') return new Refused(`the external id of ${source} is no text`);
        const id = { source, value: String(value).trim() };
        const wrong = wrongNumberId(value) ?? wrongExternalId(id);
        if (wrong !== undefined) return new Refused(`the external id of ${source} is wrong: ${wrong}`);
        found.push(id);
      }
      return found;
    },
  };
}

function wrongSource(source: string, wrong: string): DearError {
  return new DearError('import.mapping', `externalIds.${source.slice(0, 60)} cannot be used: ${wrong}.`, {
    kind: 'usage',
    mend: 'Name the system that the ids come from, such as `externalIds: { shop: "{Customer number}" }`.',
  });
}

/** What a row says about whose it is. */
interface Named {
  readonly email?: string | undefined;
  /** The address too; empty when there is none. */
  readonly whose?: string | undefined;
  readonly externalIds?: readonly ExternalId[] | undefined;
}

/**
 * Attaches the external ids of a batch to their profiles, as far as those exist. Where an id is known, the file's
 * address becomes the profile's.
 */
export async function attachExternalIds(
  identities: Identifying,
  batch: readonly Named[],
  by: string,
  now: number,
): Promise<void> {
  const named = batch.filter(({ externalIds }) => (externalIds?.length ?? 0) > 0);
  if (named.length === 0) return;
  await identities.resolve(named.map(identifiersOf), now, { create: false, changeEmail: true, by });
}

/** The profile of each row of a batch, made where `create`; and how many were made. */
export async function resolveRows(
  identities: Identifying,
  batch: readonly Named[],
  options: { readonly create: boolean; readonly by: string },
  now: number,
): Promise<{ ids: (number | undefined)[]; added: number }> {
  const identifiers = batch.map(identifiersOf);
  const before = await identities.find(identifiers);
  const ids = await identities.resolve(identifiers, now, options);
  const made = new Set(ids.filter((_, index) => before[index] === undefined));
  for (const id of before) made.delete(id);
  made.delete(undefined);
  return { ids, added: made.size };
}

/** Those of the rows that name a person who was erased. */
export async function erasedByIds<R extends Named>(
  identities: Identifying,
  batch: readonly R[],
): Promise<Set<R>> {
  const erased = await identities.areErased(batch.map(identifiersOf));
  return new Set(batch.filter((_, index) => erased[index]));
}

const identifiersOf = ({ email, whose, externalIds = [] }: Named) => ({
  email: email ?? (whose === '' ? undefined : whose),
  externalIds,
});
