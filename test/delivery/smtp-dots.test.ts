import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dataOf } from '../../src/delivery/smtp-dots.ts';

/** RFC 5321 §4.5.2 on text, an octet a character, line by line. */
function reference(letter: string): string {
  const lines = letter.split('\r\n');
  const whole = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  return [...whole.map((line) => (line.startsWith('.') ? `.${line}` : line)), '.', ''].join('\r\n');
}

const written = (letter: string) => Buffer.concat(dataOf(Buffer.from(letter, 'latin1'))).toString('latin1');

const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)) });
const piece = fc.oneof(fc.constantFrom('.', '..', '\r\n', '\r\n.\r\n', 'a', '\r\n..', ' '), octets);

test('dots at the start of a line are doubled, and a lone one ends the letter', () => {
  fc.assert(
    fc.property(fc.array(piece), (parts) => {
      // A lone LF before a dot is not for this test.
      const letter = parts.join('').replace(/(?<!\r)\n/g, '');
      expect(written(letter)).toBe(reference(letter));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['', '.\r\n'],
  ['.', '..\r\n.\r\n'],
  ['\r\n', '\r\n.\r\n'],
  ['a', 'a\r\n.\r\n'],
  ['a\r', 'a\r\r\n.\r\n'],
  ['.\r\n', '..\r\n.\r\n'],
  ['a\r\n.\r\nRSET\r\n', 'a\r\n..\r\nRSET\r\n.\r\n'],
])('%j goes as %j', (letter, expected) => {
  expect(written(letter)).toBe(expected);
});

test('no server can take what stands after a lone LF for the end', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('.', '\n', '\r\n', 'a', '\n.\n', '\n.\r\n')), (parts) => {
      const letter = written(parts.join('')).slice(0, -'.\r\n'.length);
      expect(letter).not.toMatch(/(^|\n)\.\r?\n/);
    }),
  );
});

test('without such lines the letter is not copied', () => {
  const letter = Buffer.from('Subject: x\r\n\r\n1. one.\r\n 2 ..\r\n');
  expect(dataOf(letter)[0]).toBe(letter);
});
