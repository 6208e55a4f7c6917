import { DearError } from '../errors.ts';

/** How many rules may lie inside one another. */
export const MAX_DEPTH = 20;
/** How many rules one rule may consist of, saved segments that it points at included. */
export const MAX_RULES = 500;
const MAX_VALUES = 5_000;

/**
 * Refuses a value that is too deep or too large to be a rule, before anything walks it by recursion.
 * @throws DearError `segment.too-large` (usage).
 */
export function refuseHuge(value: unknown, where: string): void {
  const open = [{ value, depth: 0 }];
  let rules = 0;
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    values += 1;
    if (typeof next.value !== 'object' || next.value === null) continue;
    const list = Array.isArray(next.value);
    if (!list) rules += 1;
    // A list is at most one step between two rules, so half of the nesting may be lists.
    const depth = next.depth + 1;
    if (depth > 2 * MAX_DEPTH + 2) throw tooLarge(where, `is nested more than ${MAX_DEPTH} rules deep`);
    if (rules > MAX_RULES) throw tooLarge(where, `consists of more than ${MAX_RULES} rules`);
    const children: unknown[] = Object.values(next.value);
    if (values + open.length + children.length > MAX_VALUES) {
      throw tooLarge(where, `holds more than ${MAX_VALUES} values`);
    }
    for (const child of children) open.push({ value: child, depth });
  }
}

/** The error for a rule beyond the limits. */
export function tooLarge(where: string, what: string): DearError {
  return new DearError('segment.too-large', `${where} ${what}.`, {
    kind: 'usage',
    mend: 'Give the profiles an attribute that says the same, and ask for that.',
  });
}
