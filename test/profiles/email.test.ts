import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseEmail, readableEmail, readEmail } from '../../src/profiles/email.ts';

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
    ['ann@straße.de', 'ann@xn--strae-oqa.de'],
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
    '\u212aim@example.com', // The Kelvin sign, which is a k when it becomes small.
    '\u0130da@example.com',
    '"ann lee"@example.com',
    '"ann"@example.com',
    'ann@xn--.com',
    'ann@example.c',
    'ann@ex_ample.com',
    `${'a'.repeat(65)}@example.com`,
    `ann@${'a'.repeat(64)}.com`,
    `ann@${'abcdefghi.'.repeat(26)}com`,
  ])('%j is no address', (text) => {
    expect(normaliseEmail(text)).toBeUndefined();
  });

  test('says why', () => {
    const why = (text: string) => {
      const result = readEmail(text);
      return result.ok ? result.email : result.why;
    };
    expect(
      ['', 'ann', '@example.com', `${'a'.repeat(65)}@b.de`, 'änn@b.de', 'ann@b', 'a..b@b.de'].map(why),
    ).toEqual([
      'it is empty',
      'it has no @',
      'nothing stands before the @',
      'more than 64 characters stand before the @',
      'spaces or letters beyond a to z stand before the @',
      'what stands behind the @ is no domain',
      'it is not of the form name@domain',
    ]);
  });

  test('people read international domains in their own script, and can write them so', () => {
    expect(readableEmail('ann@xn--mller-kva.de')).toBe('ann@müller.de');
    expect(readableEmail('ann@example.com')).toBe('ann@example.com');
    expect(readableEmail('xn--ann@example.com')).toBe('xn--ann@example.com');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (name) => {
        const address = normaliseEmail(`ann@${name}.de`);
        if (address !== undefined) expect(normaliseEmail(readableEmail(address))).toBe(address);
      }),
      { numRuns: 2000 },
    );
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
