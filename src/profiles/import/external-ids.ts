import { DearError } from '../../errors.ts';
import { EXTERNAL_IDS, sourceOfColumn } from '../export-columns.ts';
import { keyOfAll } from '../identify.ts';
import {
  type ExternalId,
  type Identifiers,
  type IdentityStore,
  type ResolveOptions,
  wrongExternalId,
  wrongNumberId,
} from '../identity.ts';
import { isObject } from '../json.ts';
import type { DateReading } from '../times.ts';
import { compileExpression } from './expression.ts';
import { Refused } from './filters.ts';
import type { Expression } from './mapping.ts';
import { isEmpty, type Shape } from './record.ts';

/** Who is who, as importing needs it. */
export type Identifying = Pick<IdentityStore, 'resolve' | 'find' | 'areErased'>;

/** A part of a row that may hold external ids, under their sources. */
interface Part {
  readonly columns: readonly string[];
  read(values: readonly unknown[]): Iterable<readonly [source: string, value: unknown]>;
}

/**
 * Reads the external ids of a row, from expressions by source; empty ones are left out.
 * @param isExported whether those that `dear segments export` wrote are read as well
 * @throws DearError `import.mapping` when a source cannot be one, or a column does not exist
 */
export function externalIdReader(
  given: Readonly<Record<string, Expression>> | undefined,
  shape: Shape,
  dates: DateReading,
  isExported = false,
) {
  const parts = Object.entries(given ?? {}).map(([source, expression]): Part => {
    const wrong = wrongExternalId({ source, value: '1' });
    if (wrong !== undefined) throw wrongSource(source, wrong);
    const { columns, evaluate } = compileExpression(expression, shape, dates);
    return { columns, read: (values) => [[source, evaluate(values)]] };
  });
  if (isExported) parts.push(...exportedParts(shape));
  return {
    columns: parts.flatMap(({ columns }) => columns),
    read: (values: readonly unknown[]): ExternalId[] | Refused => {
      const found: ExternalId[] = [];
      for (const part of parts) {
        for (const [source, value] of part.read(values)) {
          if (value instanceof Refused) return value;
          if (isEmpty(value)) continue;
          if (typeof value === 'object') return new Refused(`the external id of ${source} is no text`);
          const id = { source, value: String(value).trim() };
          const wrong = wrongNumberId(value) ?? wrongExternalId(id);
          if (wrong !== undefined) return new Refused(`the external id of ${source} is wrong: ${wrong}`);
          found.push(id);
        }
      }
      return found;
    },
  };
}

/** In CSV a column an id; in JSON Lines one object, which holds an id or several by source. */
function exportedParts(shape: Shape): Part[] {
  if (shape.columns === undefined) {
    const cell = shape.cell(EXTERNAL_IDS);
    const read = (values: readonly unknown[]) => {
      const all = cell?.(values);
      if (!isObject(all)) return [];
      return Object.entries(all).flatMap(([source, ids]) =>
        (Array.isArray(ids) ? ids : [ids]).map((id): [string, unknown] => [source, id]),
      );
    };
    return [{ columns: [EXTERNAL_IDS], read }];
  }
  return shape.columns.flatMap((column): Part[] => {
    const source = sourceOfColumn(column);
    const cell = shape.cell(column);
    return source === undefined || cell === undefined
      ? []
      : [{ columns: [column], read: (values) => [[source, cell(values)]] }];
  });
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

/**
 * The profile of each row of a batch, made where `create`; and how many were made. Those who are known come first, since
 * what their rows say may tell who the others are. A file of order lines names a customer many times, who is looked for
 * once.
 */
export async function resolveRows(
  identities: Identifying,
  batch: readonly Named[],
  { create, by }: { readonly create: boolean; readonly by: string },
  now: number,
): Promise<{ ids: (number | undefined)[]; added: number }> {
  const rows = batch.map(identifiersOf);
  const names = rows.map(keyOfAll);
  const people = new Map(rows.map((row, place) => [names[place] ?? '', row]));
  const known = await resolveAll(identities, people, { create: false, by }, now);
  const others = new Map([...people].filter(([name]) => !known.has(name)));
  if (others.size === 0) return { ids: names.map((name) => known.get(name)), added: 0 };
  const found = await resolveAll(identities, others, { create, by }, now);
  const before = [...new Set(known.values())];
  // The others may have told that two of the known are one.
  const current = await identities.find(before.map((profileId) => ({ profileId, externalIds: [] })));
  const survivors = new Map(before.map((id, place) => [id, current[place]]));
  const made = new Set([...found.values()].filter((id) => !survivors.has(id)));
  const ids = names.map((name) => found.get(name) ?? survivors.get(known.get(name) ?? Number.NaN));
  return { ids, added: create ? made.size : 0 };
}

/** The profiles of people, by the names that they are given; those whom nobody is are left out. */
async function resolveAll(
  identities: Identifying,
  people: ReadonlyMap<string, Identifiers>,
  options: ResolveOptions,
  now: number,
): Promise<Map<string, number>> {
  const ids = await identities.resolve([...people.values()], now, options);
  return new Map(
    [...people.keys()].flatMap((name, index) => {
      const id = ids[index];
      return id === undefined ? [] : [[name, id] as const];
    }),
  );
}

/** Those of the rows that name a person who was erased. */
export async function erasedByIds<R extends Named>(
  identities: Identifying,
  batch: readonly R[],
): Promise<Set<R>> {
  const erased = await identities.areErased(batch.map(identifiersOf));
  return new Set(batch.filter((_, index) => erased[index]));
}

const identifiersOf = ({ email, whose, externalIds = [] }: Named): Identifiers => ({
  email: email ?? (whose === '' ? undefined : whose),
  externalIds,
});
