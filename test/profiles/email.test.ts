import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseEmail } from '../../src/profiles/email.ts';

describe('normaliseEmail', () => {
  test.each([
    ['ann@example.com', 'ann@example.com'],
    ['  Ann.Lee+News@EXAMPLE.Com \r\n', 'ann.lee+news@example.com'],
    ['ann@müller.de', 'ann@xn--mller-kva.de'],
    ['ann@MÜLLER.de', 'ann@xn--mller-kva.de'],
    ['ann@пример.рф', 'ann@xn--e1afmkfd.xn--p1ai'],
    ['ann@xn--e1afmkfd.xn--p1ai', 'ann@xn--e1afmkfd.xn--p1ai'],
    ["o'neil_x-y@a-b.co.uk", "o'neil_x-y@a-b.co.uk"],
    ['a@example。com', 'a@example.com'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('%j is %j', (text, address) => {
    expect(normaliseEmail(text)).toBe(address);
  });

  test.each([
    '',
    ' ',
    'ann',
    '@example.com',
    'ann@',
    'ann@localhost',
    'ann@1.2.3.4',
    'ann@[1.2.3.4]',
    'ann@@example.com',
    'a b@example.com',
    'ann@exa mple.com',
    'ann@example..com',
    'ann@.example.com',
    'ann@example.com.',
    'ann@-example.com',
    '.ann@example.com',
    'ann.@example.com',
    'a..b@example.com',
    'Ann <ann@example.com>',
    'mailto:ann@example.com/x',
    'ann@example.com/x',
    'ann@müller.de/x',
    'ann@müller.de?x',
    'ann@müller.de#x',
    'ann@müller.de:25',
    'ann@example.com, bob@example.com',
    'ann@example.com\r\nBcc: bob@example.com',
    'ann\u0000@example.com',
    'änn@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ann@${'a'.repeat(64)}.com`,
    `ann@${'abcdefghi.'.repeat(26)}com`,
  ])('%j is no address', (text) => {
    expect(normaliseEmail(text)).toBeUndefined();
  });

  test('whatever comes in, what comes out is short, small, printable ASCII, and stays what it is', () => {
    const likely = fc.tuple(
      fc.string({ unit: 'grapheme' }),
      fc.oneof(fc.domain(), fc.string({ unit: 'grapheme' })),
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.emailAddress(),
      likely.map(([a, b]) => `${a}@${b}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const address = normaliseEmail(text);
        if (address === undefined) return;
        expect(address).toMatch(/^[!-~]{1,64}@[a-z0-9.-]+$/);
        expect(address.length).toBeLessThanOrEqual(254);
        expect(address).toBe(address.toLowerCase());
        expect(normaliseEmail(address)).toBe(address);
        expect(normaliseEmail(` ${text.toUpperCase()} `) ?? address).toBe(address);
      }),
      { numRuns: 2000 },
    );
  });
});
