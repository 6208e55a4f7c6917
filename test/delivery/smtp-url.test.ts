import { describe, expect, test } from 'vitest';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import { DearError } from '../../src/errors.ts';

describe('an SMTP_URL', () => {
  test('says host and port, and the rest has defaults', () => {
    expect(parseSmtpUrl('smtp://127.0.0.1:1025', 10)).toEqual({
      host: '127.0.0.1',
      port: 1025,
      tls: 'offered',
      verify: false,
      auth: undefined,
      connections: 10,
      maxLetters: 1000,
      timeout: 300_000,
      name: undefined,
    });
  });

  test('says all there is to say', () => {
    const text =
      'smtps://us%20er:p%40ss%3A%2F@[::1]?connections=3&maxLetters=50&timeout=1.5&name=mail.shop.example&tls=insecure';
    expect(parseSmtpUrl(text, 10)).toEqual({
      host: '::1',
      port: 465,
      tls: 'implicit',
      verify: false,
      auth: { user: 'us er', pass: 'p@ss:/' },
      connections: 3,
      maxLetters: 50,
      timeout: 1500,
      name: 'mail.shop.example',
    });
  });

  test.each([
    ['smtp://mail.shop.example', 587, 'offered', true],
    ['smtp://mail.shop.example?tls=require', 587, 'require', true],
    ['smtp://mail.shop.example?tls=never', 587, 'never', true],
    ['smtp://mail.shop.example?tls=insecure', 587, 'offered', false],
    ['smtp://u:p@mail.shop.example', 587, 'require', true],
    ['smtp://u:p@mail.shop.example?tls=insecure', 587, 'require', false],
    ['smtp://u:p@mail.shop.example?tls=never', 587, 'never', true],
    ['smtp://u:p@localhost', 587, 'offered', false],
    ['smtp://localhost?tls=require', 587, 'require', true],
    ['smtps://u:p@mail.shop.example?tls=require', 465, 'implicit', true],
  ])('%s: port %i, TLS %s, checked %s', (text, port, tls, verify) => {
    expect(parseSmtpUrl(text, 1)).toMatchObject({ port, tls, verify });
  });

  test.each([
    ['nonsense', /not a URL/],
    ['http://mail.shop.example', /smtp:\/\/ or smtps:\/\//],
    ['smtp://', /host|URL/],
    ['smtp://mail.shop.example/path', /path/],
    ['smtp://mail.shop.example?retries=3', /"retries" is unknown/],
    ['smtp://mail.shop.example?__proto__=3', /is unknown/],
    ['smtp://mail.shop.example?timeout=1&timeout=2', /twice/],
    [
      'smtp://mail.shop.example?timeout=soon&connections=0',
      /connections must be .*timeout must be|timeout must be .*connections must be/,
    ],
    ['smtp://mail.shop.example?tls=maybe', /tls must be require, never or insecure/],
    ['smtp://mail.shop.example?name=a%0d%0ab', /name must be a host name/],
    ['smtps://mail.shop.example?tls=never', /contradicts/],
    ['smtp://user@mail.shop.example', /both a user and a password/],
    ['smtp://user:topsecret%zz@mail.shop.example', /percent-encoded/],
    ['smtp://user:topsecret@mail.shop.example?x=1', /unknown/],
  ])('%s is refused in words', (text, message) => {
    try {
      parseSmtpUrl(text, 1);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof DearError)) throw error;
      expect(error.message).toMatch(message);
      expect(error.kind).toBe('usage');
      expect(error.mend).toContain('maxLetters');
      expect(error.message + error.mend).not.toContain('topsecret');
    }
  });
});
