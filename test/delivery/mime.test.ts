import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import { makeMimeWriter } from '../../src/delivery/mime.ts';
import { DearError } from '../../src/errors.ts';
import { bigHtml, frame, headerLines, parts } from './letters.ts';

const write = makeMimeWriter(frame);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n', '\0', '.', '=', 'é', 'a'), maxLength: 300 }),
  fc
    .tuple(fc.constantFrom('x', 'ü', '😀', ' '), fc.integer({ min: 900, max: 3000 }))
    .map(([c, n]) => c.repeat(n)),
);

/** What a header may keep of a text: control characters become one space. */
const asHeader = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
const asBody = (text: string) => text.replace(/\r\n|\r|\n/g, '\n');

/** The parser counts the line end before the boundary as the body's, where the body is not encoded. */
function expectBody(read: string | undefined, written: string) {
  expect([asBody(written), `${asBody(written)}\n`]).toContain(asBody(read ?? ''));
}

function expectWellFormed(letter: Buffer, channel: '8bit' | '7bit') {
  const raw = letter.toString('latin1');
  expect(raw.replace(/\r\n/g, '')).not.toMatch(/[\r\n\0]/);
  for (const line of raw.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
  const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
  expect(head).toMatch(/^[\t\r\n\x20-\x7e]*$/);
  if (channel === '7bit') expect(raw).not.toMatch(/[\x80-\xff]/);
}

describe('a letter as bytes', () => {
  test('reads back as it was written, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText,
        anyText,
        anyText,
        anyText,
        fc.constantFrom('8bit' as const, '7bit' as const),
        async (subject, html, text, name, channel) => {
          const letter = write(
            parts({ subject, html, text, to: { address: 'a.b+c@example.test', name }, channel }),
          );
          expectWellFormed(letter, channel);
          const read = await PostalMime.parse(letter);
          expect(read.subject ?? '').toBe(asHeader(subject));
          expect(read.to?.[0]?.address).toBe('a.b+c@example.test');
          expect(read.to?.[0]?.name).toBe(asHeader(name));
          expectBody(read.html, html);
          expectBody(read.text, text);
          expect(read.from?.address).toBe('hello@shop.example');
        },
      ),
      { numRuns: 300 },
    );
  });

  test('has each header once, and those that bulk senders need', () => {
    const letter = write(
      parts({ unsubscribe: { url: 'https://shop.example/u/t', mailto: 'mailto:u+t@reply.shop.example' } }),
    );
    const names = headerLines(letter).map((line) => line.slice(0, line.indexOf(':')));
    expect(names).toEqual([
      'Date',
      'From',
      'To',
      'Reply-To',
      'Subject',
      'Message-ID',
      'List-Unsubscribe',
      'List-Unsubscribe-Post',
      'X-Dear-Send',
      'List-Id',
      'Feedback-ID',
      'MIME-Version',
      'Content-Type',
    ]);
    expect(headerLines(letter).slice(0, 10)).toEqual([
      'Date: Tue, 01 Jul 2025 10:00:00 +0000',
      'From: The Shop <hello@shop.example>',
      'To: Ada <ada@example.test>',
      'Reply-To: r+abc@reply.shop.example',
      'Subject: Spring is here',
      'Message-ID: <s1.r1@shop.example>',
      'List-Unsubscribe: <https://shop.example/u/t>, <mailto:u+t@reply.shop.example>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'X-Dear-Send: 42',
      'List-Id: News\r\n <news.shop.example>',
    ]);
  });

  test('is the same for the same input, and another for another', () => {
    expect(write(parts()).equals(makeMimeWriter(frame)(parts()))).toBe(true);
    expect(write(parts()).equals(write(parts({ messageId: 's2.r1@shop.example' })))).toBe(false);
  });

  test.each([
    ['8bit', 'Grüße\n', '8bit'],
    ['7bit', 'Grüße and a good deal of plain text round it\n', 'quoted-printable'],
    ['7bit', 'Привет, мир\n', 'base64'],
    ['8bit', 'plain\n', '7bit'],
    ['8bit', `ü${'x'.repeat(1000)}`, 'quoted-printable'],
    ['8bit', 'x'.repeat(998), '7bit'],
    ['8bit', 'x'.repeat(999), 'quoted-printable'],
    ['8bit', 'a\0b', 'quoted-printable'],
  ] as const)('over a %s channel %j goes as %s', (channel, text, encoding) => {
    const letter = write(parts({ text, channel })).toString('latin1');
    expect(letter).toContain(`text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n`);
    expect(letter.includes('Content-Transfer-Encoding: 8bit\r\nContent-Type: multipart')).toBe(
      encoding === '8bit',
    );
  });

  test.each(['8bit', '7bit'] as const)(
    'is the same over a %s channel when its parts come as octets',
    (channel) => {
      const part = fc
        .array(fc.constantFrom('plain text', 'Grüße', 'Привет', '\r\n', '\0', 'x'.repeat(500)), {
          maxLength: 8,
        })
        .map((pieces) => pieces.join(''));
      const octets = (text: string) => ({ bytes: Buffer.from(text), ascii: /^\p{ASCII}*$/u.test(text) });
      fc.assert(
        fc.property(part, part, (html, text) => {
          const letter = { channel, lineEnds: 'crlf' } as const;
          const asTexts = Buffer.from(write(parts({ ...letter, html, text })));
          const asOctets = write(parts({ ...letter, html: octets(html), text: octets(text) }));
          expect(asOctets.equals(asTexts)).toBe(true);
        }),
      );
    },
  );

  test('cannot be broken out of by a text that knows the boundary', async () => {
    const boundary = /boundary="([^"]+)"/.exec(write(parts()).toString('latin1'))?.[1] ?? '';
    const html = `<p>\r\n--${boundary}\r\nContent-Type: text/html\r\n\r\n<b>mine</b>\r\n--${boundary}--\r\n`;
    const read = await PostalMime.parse(write(parts({ html })));
    expectBody(read.html, html);
  });

  test('grows its working space without mixing parts up', async () => {
    const html = bigHtml(1, 400_000);
    const text = 'ä\n'.repeat(60_000);
    const fresh = makeMimeWriter(frame);
    for (const channel of ['8bit', '7bit'] as const) {
      const read = await PostalMime.parse(fresh(parts({ html, text, channel })));
      expectBody(read.html, html);
      expectBody(read.text, text);
    }
  });
});

describe('what cannot be written', () => {
  test.each([
    ['a line break in an address', { to: { address: 'a@b.example\r\nBcc: x@y.example' } }],
    ['a line break before the @', { to: { address: 'a\r\nBcc:x@b.example' } }],
    ['an address without a domain', { to: { address: 'nobody' } }],
    ['a local part beyond ASCII', { to: { address: 'jürgen@example.test' } }],
    ['a line break in the message id', { messageId: 'a@b\r\nX: y' }],
    ['a line break in the unsubscribe link', { unsubscribe: { url: 'https://a.example/\r\nX: y' } }],
    ['an unsubscribe link that is no link', { unsubscribe: { url: 'javascript:alert(1)' } }],
    ['a date that is none', { date: Number.NaN }],
  ])('%s is refused', (_what, changes) => {
    expect(() => write(parts(changes))).toThrow(DearError);
  });

  test.each(['Subject', 'content-type', 'Bcc', 'X Y', 'X:Y', ''])('an extra header %j is refused', (name) => {
    expect(() => makeMimeWriter({ ...frame, extraHeaders: { [name]: 'v' } })).toThrow(DearError);
  });

  test('control characters in names and subjects become spaces', () => {
    const letter = write(
      parts({
        subject: 'Hi\r\nBcc: x@y.example',
        to: { address: 'a@b.example', name: 'A\r\nX: y\0' },
        send: '1\n2',
      }),
    );
    expect(headerLines(letter)).toContain('Subject: Hi Bcc: x@y.example');
    expect(headerLines(letter)).toContain('To: "A X: y" <a@b.example>');
    expect(headerLines(letter)).toContain('X-Dear-Send: 1 2');
  });
});

test('an international domain is written in punycode, an extra header as given', () => {
  const writer = makeMimeWriter({ ...frame, extraHeaders: { 'Auto-Submitted': 'auto-generated' } });
  const lines = headerLines(writer(parts({ to: { address: 'info@bücher.example' } })));
  expect(lines).toContain('To: info@xn--bcher-kva.example');
  expect(lines).toContain('Auto-Submitted: auto-generated');
});

test('headers of usual length are folded at 78', () => {
  const words = fc.array(fc.stringMatching(/^[!-<>-~]{1,20}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.boolean(), (list, foreign) => {
      const subject = `${list.join(' ')}${foreign ? ' ß' : ''}`;
      const letter = write(parts({ subject }));
      const head = letter.toString('latin1', 0, letter.indexOf('\r\n\r\n'));
      for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
    }),
  );
});
