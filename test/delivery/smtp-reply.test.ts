import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Reply, ReplyReader } from '../../src/delivery/smtp-reply.ts';

const printable = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((n) => String.fromCharCode(n)) });
const anyOctets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)) });
const reply = fc.record({
  code: fc.integer({ min: 200, max: 599 }),
  lines: fc.array(printable, { minLength: 1, maxLength: 5 }),
});
const ending = fc.constantFrom('\r\n', '\n');

/** As a server would write it, the last line bare of its blank now and then. */
function written({ code, lines }: { code: number; lines: string[] }, end: string): string {
  return lines
    .map((line, at) =>
      at < lines.length - 1 ? `${code}-${line}` : line === '' ? `${code}` : `${code} ${line}`,
    )
    .map((line) => line + end)
    .join('');
}

/** The same text in pieces, cut where `cuts` says. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, at) => text.slice(from, places[at]));
}

function readAll(chunks: readonly string[]) {
  const reader = new ReplyReader();
  const replies: Reply[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next === 'nonsense') return { reader, replies, nonsense: true };
      replies.push(next);
    }
  }
  return { reader, replies, nonsense: false };
}

describe('answers', () => {
  test('come out whole, however they are chopped up', () => {
    fc.assert(
      fc.property(fc.array(reply), fc.array(fc.nat()), ending, (replies, cuts, end) => {
        const text = replies.map((one) => written(one, end)).join('');
        const { reader, ...read } = readAll(pieces(text, cuts));
        const expected = replies.map((one) => ({
          code: one.code,
          text: written(one, '\n').slice(0, -1),
        }));
        expect(read).toEqual({ replies: expected, nonsense: false });
        expect(reader.pending).toBe(false);
        expect(reader.unfinished()).toBeUndefined();
      }),
    );
  });

  test('are the same for the same octets, whatever they are', () => {
    const start = fc.constantFrom(
      '',
      '250 ok\r\n',
      '250-a\r\n',
      '354',
      '5',
      '250-a\r\n550 b\r\n',
      '200 \r\n',
    );
    fc.assert(
      fc.property(start, anyOctets, fc.array(fc.nat()), (before, rest, cuts) => {
        const text = before + rest;
        const [whole, cut] = [readAll([text]), readAll(pieces(text, cuts))];
        expect([cut.replies, cut.nonsense]).toEqual([whole.replies, whole.nonsense]);
        expect(cut.reader.unfinished()).toEqual(whole.reader.unfinished());
      }),
    );
  });

  test.each([
    '25 ok\r\n',
    '2500 ok\r\n',
    '250ok\r\n',
    '150 ok\r\n',
    '650 ok\r\n',
    'ok\r\n',
    '\r\n',
    ' 250 ok\r\n',
    '250-one\r\n550 two\r\n',
    '250-one\r\ntwo\r\n',
    '250_ok\r\n',
  ])('are nothing else: %j', (text) => {
    expect(readAll([text])).toMatchObject({ nonsense: true, replies: [] });
    expect(readAll([...text])).toMatchObject({ nonsense: true, replies: [] });
  });

  test('are not waited for when what came is none, or has no end', () => {
    expect(readAll(['hell']).nonsense).toBe(true);
    expect(readAll(['HTTP/1.1 400 Bad Request']).nonsense).toBe(true);
    expect(readAll([`250 ${'x'.repeat(70_000)}`]).nonsense).toBe(true);
    expect(readAll(Array.from({ length: 1000 }, () => `250-${'x'.repeat(100)}\r\n`)).nonsense).toBe(true);
  });

  test('that were before nonsense count, none after it', () => {
    const { replies, nonsense } = readAll(['250 ok\r\nwhat\r\n250 ok\r\n']);
    expect(nonsense).toBe(true);
    expect(replies).toEqual([{ code: 250, text: '250 ok' }]);
  });

  test.each([
    ['552 5.3.4 too', { code: 552, text: '552 5.3.4 too' }],
    ['552', { code: 552, text: '552' }],
    ['552-too\r\n', { code: 552, text: '552-too\n' }],
    ['552-too\r\n55', { code: 552, text: '552-too\n55' }],
    ['552-too\r\n552 b', { code: 552, text: '552-too\n552 b' }],
    ['55', undefined],
    ['', undefined],
    ['250 ok\r\n', undefined],
    ['552-too\r\n450 b', undefined],
  ])('that are cut off are known by their code: %j', (text, expected) => {
    expect(readAll([text]).reader.unfinished()).toEqual(expected);
  });
});
