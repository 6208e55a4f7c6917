import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SoughtAddresses } from '../../src/inbox/named.ts';
import { searchMails } from '../../src/inbox/naming.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const local = fc.oneof(
  word,
  fc.tuple(word, fc.constantFrom('.', '+', '_', '-'), word).map((parts) => parts.join('')),
);
const domain = fc
  .tuple(fc.constantFrom('shop', 'xn--bcher-kva', 'xn--mnchen-3ya', 'xn--fiqs8s'), word)
  .map(([first, second]) => `${first}.${second}x.test`);
const address = fc.tuple(local, domain).map(([name, host]) => `${name}@${host}`);

const someCase = (text: string, flips: readonly boolean[]) =>
  [...text]
    .map((one, index) => (flips[index % flips.length] ? one.toUpperCase() : one.toLowerCase()))
    .join('');
const inScript = (email: string) => {
  const [name = '', host = ''] = email.split('@');
  return `${name}@${domainToUnicode(host)}`;
};
const quoted = (text: string) =>
  [...Buffer.from(text)]
    .map(
      (byte, index) =>
        `=${byte.toString(16).toUpperCase().padStart(2, '0')}${index % 20 === 19 ? '=\r\n' : ''}`,
    )
    .join('');
const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/.{60}/g, '$&\r\n');

const ways: Readonly<Record<string, (email: string) => string>> = {
  'in a header': (email) => `From: x@y.test\r\nREPLY-to: Somebody\r\n\t<${email}>\r\n\r\nHello`,
  'in an encoded word': (email) =>
    `From: =?UTF-8?q?${quoted(email).replace(/=\r\n/g, '')}?= <x@y.test>\r\n\r\nHello`,
  'in a body of 8 bits': (email) => `Content-Type: text/plain; charset=utf-8\r\n\r\nAsk ${email}, please.`,
  'in base64': (email) =>
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BASE64\r\n\r\n${base64(`Ask <${email}>`)}`,
  'in quoted-printable': (email) =>
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quoted(`Ask (${email})`)}`,
};

describe('a mail that names an address', () => {
  test('is known, however it is written, and one that names a neighbour is not', async () => {
    await fc.assert(
      fc.asyncProperty(
        address,
        fc.constantFrom(...Object.keys(ways)),
        fc.boolean(),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
        word,
        async (email, way, script, flips, more) => {
          const write = ways[way];
          if (write === undefined) throw new Error(way);
          const spelt = someCase(script ? inScript(email) : email, flips);
          const sought = new SoughtAddresses([email]);
          expect(await sought.isInMail(Buffer.from(write(spelt)))).toBe(true);
          for (const neighbour of [`${more}${spelt}`, `${more}.${spelt}`, `${spelt}.${more}x`])
            expect(await sought.isInMail(Buffer.from(write(neighbour)))).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each([
    ['a link', 'mailto:ann%40b%C3%BCcher.example'],
    ['JSON', '{"mail":"\\u003cann\\u0040bücher.example\\u003e"}'],
    ['an assignment', 'email=ann@bücher.example&x=1'],
    ['Chinese', '请写信到ann@xn--bcher-kva.example谢谢'],
    ['the end of a sentence', 'Ask ann@bücher.example.'],
  ])('is known in %s', (_name, text) => {
    expect(new SoughtAddresses(['ann@xn--bcher-kva.example']).isIn(text)).toBe(true);
  });

  test('is known by its bytes when it is nested too deep to be taken apart', async () => {
    const deep = Array.from(
      { length: 400 },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
    ).join('');
    const sought = new SoughtAddresses(['ann@example.test']);
    expect(await sought.isInMail(Buffer.from(`${deep}\r\nann=40exam=\r\nple.test`))).toBe(true);
    expect(await sought.isInMail(Buffer.from(`${deep}\r\nann=40exam=\r\nple.com`))).toBe(false);
  });

  test('that breaks what takes it apart keeps no other from being found', async () => {
    const bomb = `Content-Type: text/plain; charset=utf-8\r\n\r\n${'Жук @ '.repeat(1_500_000)}`;
    const mails = [bomb, 'From: ann@example.test\r\n\r\n'];
    const search = searchMails(['ann@example.test'], 24);
    const answers = await search.named(mails.map((mail) => new Uint8Array(Buffer.from(mail))));
    await search.close();
    expect(answers).toEqual([false, true]);
  });
});
