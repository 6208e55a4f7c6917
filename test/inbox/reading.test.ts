import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { natureOf } from '../../src/inbox/automatic.ts';
import { cleanText } from '../../src/inbox/clean.ts';
import { parseMail } from '../../src/inbox/mail.ts';
import { mailReader } from '../../src/inbox/read-mail.ts';
import { replyText } from '../../src/inbox/reply-text.ts';
import type { Finding } from '../../src/tracking/arrivals.ts';
import { makeTokens } from '../../src/tracking/tokens.ts';

const tokens = makeTokens('a secret of the tests');
const readMail = mailReader(tokens);
const ours = tokens.replyAddress(42, 'reply.example.test');

interface Envelope {
  readonly from?: string;
  readonly to?: readonly string[];
}

/** Judges a mail written line by line. */
function judge(
  lines: readonly string[],
  { from = 'anna@example.test', to = [ours] }: Envelope = {},
): Promise<Finding> {
  return readMail({ id: 1, kind: 'mail', at: 77, facts: { from, to } }, Buffer.from(lines.join('\r\n')));
}

const reply = [
  'From: Anna <anna@example.test>',
  'Subject: Re: Spring',
  'Message-ID: <1@example.test>',
  '',
  'Thank you, I take two!',
  '',
  'On Mon, 6 Jul 2026 at 10:00, Shop <news@shop.example.test> wrote:',
  '> Spring is here',
  '> Buy two',
];

describe('a mail', () => {
  test('to the signed address is a reply with its own words only', async () => {
    expect(await judge(reply)).toMatchObject({
      state: 'folded',
      happened: { type: 'replied', sendId: 42, at: 77, properties: { text: 'Thank you, I take two!' } },
    });
  });

  test.each([
    ['To', `To: Shop <${ours.toUpperCase()}>`, 42],
    ['Delivered-To', `Delivered-To: ${ours}`, 42],
    ['In-Reply-To', `In-Reply-To: ${tokens.messageId(43, 'shop.example.test')}`, 43],
    ['References', `References: <a@b>\r\n ${tokens.messageId(44, 'shop.example.test')}\r\n <c@d>`, 44],
  ])('is matched by %s when the envelope does not say', async (_name, header, sendId) => {
    const finding = await judge([header, ...reply], { to: ['info@shop.example.test'] });
    expect(finding).toMatchObject({ state: 'folded', happened: { sendId } });
  });

  test('prefers the signed address to the references', async () => {
    const finding = await judge([`In-Reply-To: ${tokens.messageId(43, 'x.test')}`, ...reply]);
    expect(finding).toMatchObject({ happened: { sendId: 42 } });
  });

  test('with a forged address or reference matches nothing', async () => {
    const forged = `reply+16.${'0'.repeat(24)}@reply.example.test`;
    const finding = await judge([`In-Reply-To: <16.${'a'.repeat(24)}@x.test>`, ...reply], { to: [forged] });
    expect(finding).toEqual({ state: 'unmatched', note: 'answers no letter of ours' });
  });

  test('delivered twice has one key, another mail has another', async () => {
    const key = async (lines: readonly string[]) => {
      const finding = await judge(lines);
      return finding.state === 'folded' ? finding.happened?.key : undefined;
    };
    expect(await key(['Received: by another way', ...reply])).toBe(await key(reply));
    expect(await key(reply.map((line) => line.replace('<1@', '<2@')))).not.toBe(await key(reply));
    const nameless = reply.filter((line) => !line.startsWith('Message-ID'));
    expect(await key(nameless)).toBe(await key(nameless));
    expect(await key(nameless)).not.toBe(await key([...nameless, 'more']));
  });

  test.each([
    ['Auto-Submitted: auto-replied (vacation)', 'automatic'],
    ['Auto-Submitted: no', 'written'],
    ['X-Autoreply: yes', 'automatic'],
    ['Precedence: auto_reply', 'automatic'],
    ['Precedence: list', 'written'],
    ['Return-Path: <>', 'automatic'],
    ['Content-Type: multipart/report; report-type=disposition-notification; boundary=x', 'automatic'],
    ['Content-Type: multipart/report; report-type="delivery-status"; boundary=x', 'bounce'],
    ['Content-Type: multipart/report; report-type=feedback-report; boundary=x', 'complaint'],
    ['X-Failed-Recipients: anna@example.test', 'bounce'],
  ])('with %s is %s', async (header, nature) => {
    const finding = await judge([header, ...reply]);
    if (nature === 'written') expect(finding).toMatchObject({ happened: { type: 'replied' } });
    if (nature === 'automatic') {
      expect(finding).toMatchObject({ note: 'automatic answer', happened: { type: 'autoReplied' } });
    }
    if (nature === 'bounce' || nature === 'complaint')
      expect(finding).toEqual({ state: 'unmatched', note: nature, sendId: 42 });
  });

  test.each([
    ['attached in base64', `Content-Transfer-Encoding: base64\r\n\r\n`, true],
    ['attached plainly', '\r\n', false],
  ])('that brings a letter back %s is about that letter', async (_name, head, isEncoded) => {
    const returned = `Message-ID: ${tokens.messageId(43, 'shop.example.test')}\r\nSubject: Spring\r\n\r\nSpring`;
    const bounce = [
      'From: MAILER-DAEMON@mx.example.test',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.test',
      '--b',
      'Content-Type: message/rfc822',
      `${head}${isEncoded ? Buffer.from(returned).toString('base64') : returned}`,
      '--b--',
    ];
    const finding = await judge(bounce, { from: '', to: ['info@shop.example.test'] });
    expect(finding).toEqual({ state: 'unmatched', note: 'bounce', sendId: 43 });
    const forged = await judge(
      bounce.map((line) =>
        line.replace(tokens.messageId(43, 'shop.example.test'), `<17.${'a'.repeat(24)}@x.test>`),
      ),
      { from: '', to: [] },
    );
    if (!isEncoded) expect(forged).toMatchObject({ sendId: undefined });
  });

  test('with the null return path is no reply of a person', async () => {
    expect(await judge(reply, { from: '' })).toMatchObject({ happened: { type: 'autoReplied' } });
  });

  test('in HTML only becomes text without tags, links or what scripts say', async () => {
    const markup =
      '<style>p{}</style><p>Yes,&nbsp;please &lt;3<br>Anna</p><script>alert(1)</script><blockquote>Spring is here</blockquote>';
    const html = ['Content-Type: text/html; charset=utf-8', ...reply.slice(0, 4), markup];
    const finding = await judge(html);
    expect(finding).toMatchObject({ happened: { properties: { text: 'Yes, please <3\nAnna' } } });
  });

  test('in another character set and encoding is read', async () => {
    const head = [
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
    ];
    const finding = await judge([...head, ...reply.slice(0, 4), 'Sch=F6ne Gr=FC=DFe']);
    expect(finding).toMatchObject({ happened: { properties: { text: 'Schöne Grüße' } } });
  });

  test('of any bytes is judged, and what is kept can be stored', async () => {
    const piece = fc.constantFrom(
      'From: a@b.test\r\n',
      `To: ${ours}\r\n`,
      'Content-Type: multipart/mixed; boundary="x"\r\n',
      'Content-Type: text/html; charset=utf-7\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      'Subject: =?utf-8?B?w?=\r\n',
      'In-Reply-To: <<<>>\r\n',
      '\r\n',
      '--x\r\n',
      '--x--\r\n',
      '\u0000\ud800',
      '> ',
      'On a b wrote:\n',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (raw) => {
        const facts = { from: 'a@b.test', to: [ours] };
        const finding = await readMail({ id: 1, kind: 'mail', at: 1, facts }, raw);
        const stored = JSON.stringify(finding);
        expect(stored).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the text of a reply', () => {
  test('keeps the words and drops quotes and signatures', () => {
    expect(replyText('Yes!\n\n-- \nAnna\nExample Ltd')).toBe('Yes!');
    expect(
      replyText('Ja, gern.\n\nAm 6. Juli 2026 um 10:00 schrieb Shop <news@shop.example.test>:\n> Frühling'),
    ).toBe('Ja, gern.');
    expect(replyText('')).toBe('');
    expect(replyText('> only\n> quoted')).toBe('');
  });

  test.each([
    ['line ends', '\n'.repeat(20_000)],
    ['blanks', ' '.repeat(20_000)],
    ['beginnings of quotes', 'Op a schreef b\n'.repeat(1400)],
    ['beginnings of another kind', 'abc. x skrev y\n'.repeat(1400)],
    ['one long line', `On ${'a '.repeat(9000)}`],
    ['digits', `01.01.2026 ${'11.11"<'.repeat(2500)}`],
  ])('is found, or left whole, although it is made of %s', (_name, text) => {
    expect(replyText(`Yes!\n${text}`).startsWith('Yes!')).toBe(true);
  });

  test('is limited', () => {
    expect(replyText('word '.repeat(100_000)).length).toBeLessThanOrEqual(10_000);
  });
});

test('cleaned text has no control or half characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 50 }), (text, longest) => {
      const clean = cleanText(text, longest);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be left.
      expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      expect(clean.length).toBeLessThanOrEqual(longest);
      expect(Buffer.from(clean).toString()).toBe(clean);
    }),
  );
});

const bounces = join(import.meta.dirname, '../../../shared/data/mail/bounces-flufl/data');
const present = existsSync(bounces);

describe.skipIf(!present)(`real bounces${present ? '' : ' (skipped: the collection is not here)'}`, () => {
  test('are all read, none is taken for a reply of a person, and most are known for bounces', async () => {
    const natures: string[] = [];
    for (const name of readdirSync(bounces)) {
      const raw = readFileSync(join(bounces, name));
      natures.push(natureOf(await parseMail(raw), ''));
      const finding = await readMail({ id: 1, kind: 'mail', at: 1, facts: { from: '', to: [ours] } }, raw);
      if (finding.state === 'folded') expect(finding.happened?.type).toBe('autoReplied');
    }
    expect(natures.length).toBeGreaterThan(50);
    expect(natures).not.toContain('written');
    expect(natures.filter((nature) => nature === 'bounce').length).toBeGreaterThan(natures.length * 0.75);
  });
});
