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
 * Gathers what the letters of one variant say to the given customers, with one query for each kind of data and each
 * condition, however many customers there are.
 * @returns what assembles the context of one customer's letter: made when it is needed, for a batch of them is much
 * for the garbage collector to carry
 */
export async function gather(
  data: LetterData,
  press: Letterpress,
  customers: readonly Customer[],
  settings: Readonly<Record<string, string>>,
  now: number,
): Promise<(customer: Customer) => LetterContext> {
  const ids = customers.map((customer) => customer.id);
  const found: (readonly [string, Map<number, Record<string, unknown>[]>])[] = [];
  for (const [name, need] of Object.entries(press.source.data))
    found.push([name, await data.newest(ids, need)]);
  const fits: (readonly [string, Set<number>])[] = [];
  for (const { key, when } of press.source.conditions)
    fits.push([key, await data.matching(when as Rule, now, ids)]);
  const traits = press.program.traits.length > 0 ? await data.traits(ids, now) : undefined;
  return ({ id, attributes, email }) => ({
    profile: { ...attributes, email },
    ...(traits && { traits: traits.get(id) ?? {} }),
    data: Object.fromEntries(found.map(([name, byProfile]) => [name, byProfile.get(id) ?? []])),
    modules: Object.fromEntries(fits.map(([key, ids]) => [key, ids.has(id)])),
    settings: { ...settings },
  });
}
