import type { LetterContext, LetterProgram } from '../content/program.ts';
import type { DataNeed, LetterSource } from '../content/source.ts';
import type { Rule } from '../segments/rule.ts';
import type { Customer } from './customers.ts';

/** What assembling asks of the store: each a single query for a whole batch. */
export interface LetterData {
  /** Each profile's newest events for a letter's need, newest first. */
  newest(profileIds: readonly number[], need: DataNeed): Promise<Map<number, Record<string, unknown>[]>>;
  /** Those of the profiles whom the rule fits at `now` (ms). */
  matching(rule: Rule, now: number, profileIds: readonly number[]): Promise<Set<number>>;
  /** Each profile's traits at `now` (ms), without those that it has no value of. */
  traits(profileIds: readonly number[], now: number): Promise<Map<number, Record<string, unknown>>>;
}

/** A letter's program with what it is made of. */
export interface Letterpress {
  readonly source: LetterSource;
  readonly program: LetterProgram;
}

/**
 * Gathers what the letters of one variant say to each of the given customers, with one query for each kind of
 * data and each condition, however many customers there are.
 * @returns the context of each customer's letter, by profile id
 */
export async function assemble(
  data: LetterData,
  press: Letterpress,
  customers: readonly Customer[],
  settings: Readonly<Record<string, string>>,
  now: number,
): Promise<Map<number, LetterContext>> {
  const ids = customers.map((customer) => customer.id);
  const found = new Map<string, Map<number, Record<string, unknown>[]>>();
  for (const [name, need] of Object.entries(press.source.data)) found.set(name, await data.newest(ids, need));
  const fits = new Map<string, Set<number>>();
  for (const { key, when } of press.source.conditions) {
    fits.set(key, await data.matching(when as Rule, now, ids));
  }
  const traits = press.program.traits.length > 0 ? await data.traits(ids, now) : undefined;
  return new Map(
    customers.map((customer) => [
      customer.id,
      {
        profile: { ...customer.attributes, email: customer.email },
        ...(traits && { traits: traits.get(customer.id) ?? {} }),
        data: Object.fromEntries(
          [...found].map(([name, byProfile]) => [name, byProfile.get(customer.id) ?? []]),
        ),
        modules: Object.fromEntries([...fits].map(([key, ids]) => [key, ids.has(customer.id)])),
        settings: { ...settings },
      },
    ]),
  );
}
