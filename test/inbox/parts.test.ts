import { describe, expect, test } from 'vitest';
import { parseMail } from '../../src/inbox/mail.ts';
import { SoughtAddresses } from '../../src/inbox/named.ts';

const mail = (boundary: string, parts: number, delimiter: string, part = 'hello') =>
  Buffer.from(
    [
      'From: Ann <ann@example.com>',
      'Subject: parts',
      'MIME-Version: 1.0',
      `Content-Type: multipart/mixed;\r\n ${boundary}`,
      '',
      ...Array.from({ length: parts }, () => `--${delimiter}\r\nContent-Type: text/plain\r\n\r\n${part}`),
      `--${delimiter}--`,
      '',
    ].join('\r\n'),
  );

describe('mails that are divided without end', () => {
  test.each([
    ['plainly', 'boundary=x', 'x'],
    ['in quotation marks', 'boundary = "a b"', 'a b'],
    ['by a line of dashes', 'boundary="-"', '-'],
    ['in pieces', 'boundary*0="ab"; boundary*1="cd"', 'abcd'],
  ])('are not taken apart: %s', async (_, boundary, delimiter) => {
    await expect(parseMail(mail(boundary, 300_000, delimiter))).rejects.toThrow('too many parts');
    expect((await parseMail(mail(boundary, 20, delimiter))).text).toContain('hello');
  });

  test('each in a part of its own name are not taken apart either', async () => {
    const nested = Array.from(
      { length: 3000 },
      (_, index) => `--x\r\nContent-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}--`,
    ).join('\r\n');
    await expect(parseMail(mail('boundary=x', 1, 'x', nested))).rejects.toThrow('too many parts');
  });

  test('are searched for an address all the same', async () => {
    const raw = mail('boundary=x', 300_000, 'x', 'to ben@example.com');
    expect(await new SoughtAddresses(['ben@example.com']).isInMail(raw)).toBe(true);
    expect(await new SoughtAddresses(['eve@example.com']).isInMail(raw)).toBe(false);
  });

  test('a long text of many lines of dashes is a mail like others', async () => {
    const text = '--\r\n-- a comment of a program\r\n'.repeat(5000);
    expect((await parseMail(mail('boundary=x', 2, 'x', text))).text).toContain('-- a comment');
  });

  test('a header of nothing but blanks keeps nobody waiting', async () => {
    const raw = Buffer.from(`Subject: ${' \t'.repeat(400_000)}x\r\n\r\n`);
    expect(await new SoughtAddresses(['ben@example.com']).isInMail(raw)).toBe(false);
  });
});
