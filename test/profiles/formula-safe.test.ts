import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formulaSafe, formulaUnguarded } from '../../src/profiles/formula-safe.ts';

const tricky = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '1', '.', 'a'), { maxLength: 6 })
    .map((parts) => parts.join('')),
);

test('what is guarded cannot run, and comes back as it was', () => {
  fc.assert(
    fc.property(tricky, (text) => {
      const safe = formulaSafe(text);
      expect(/^[=+\-@\t\r]/.test(safe) && !/^[+-]?\d+([.,]\d+)?$/.test(safe)).toBe(false);
      expect(formulaUnguarded(safe)).toBe(text);
    }),
  );
});
