import { describe, expect, test } from 'vitest';
import { makeMark } from '../../src/profiles/mark.ts';

describe('marks', () => {
  test('need the secret, and differ by kind and text', () => {
    const mark = makeMark('one secret');
    const marks = [
      mark('address', 'a@example.test'),
      mark('external id', 'a@example.test'),
      mark('address', 'b@example.test'),
      makeMark('another secret')('address', 'a@example.test'),
    ];
    expect(new Set(marks).size).toBe(4);
    for (const one of marks) expect(one).toMatch(/^erased:[\w-]{32}$/);
    expect(makeMark('one secret')('address', 'a@example.test')).toBe(marks[0]);
  });
});
