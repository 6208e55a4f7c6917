import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeDkimSigner } from '../../src/delivery/dkim.ts';
import { makeMimeWriter } from '../../src/delivery/mime.ts';
import { DearError } from '../../src/errors.ts';
import { dkimVerdict, tagsOf } from './dkim-verifier.ts';
import { frame, headerLines, parts } from './letters.ts';

const pem = (pair: { publicKey: KeyObject; privateKey: KeyObject }) => ({
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const ed25519 = pem(generateKeyPairSync('ed25519'));
const identity = { domain: 'shop.example', selector: 'dear' };
const write = makeMimeWriter(frame);
const letter = write(parts({ html: '<p>Grüße \t  aus </p>  \n\n\n', subject: 'Größe  und Maß' }));

describe.each([
  ['rsa', rsa],
  ['ed25519', ed25519],
] as const)('a letter signed with %s', (kind, pair) => {
  const signer = makeDkimSigner({ ...identity, privateKey: pair.privateKey });

  test('verifies, and is otherwise untouched', () => {
    const signed = signer.sign(letter);
    expect(dkimVerdict(signed, pair.publicKey)).toBe('pass');
    expect(signed.subarray(signed.length - letter.length).equals(letter)).toBe(true);
    expect(tagsOf(headerLines(signed)[0]?.slice(15) ?? '').get('a')).toBe(`${kind}-sha256`);
  });

  test('is the same each time, on this thread or aside', async () => {
    expect(signer.sign(letter).equals(signer.sign(letter))).toBe(true);
    expect((await signer.signAside(letter)).equals(signer.sign(letter))).toBe(true);
  });

  test('no longer verifies once it was changed', () => {
    const signed = signer.sign(letter).toString('latin1');
    const changed = (from: string, to: string) => {
      expect(signed).toContain(from);
      return dkimVerdict(Buffer.from(signed.replace(from, to), 'latin1'), pair.publicKey);
    };
    expect(changed('aus', 'von')).toBe('body differs');
    expect(changed('<https://shop.example/u/token>', '<https://evil.example/>')).toBe('signature differs');
    expect(changed('List-Unsubscribe=One-Click', 'List-Unsubscribe=Two')).toBe('signature differs');
    expect(changed('\r\nFrom: ', '\r\nFrom: x@evil.example\r\nFrom: ')).toBe('signature differs');
  });
});

test('the signature covers the headers that RFC 8058 and bulk senders need', () => {
  const signed = makeDkimSigner({ ...identity, privateKey: rsa.privateKey }).sign(letter);
  const tags = tagsOf(headerLines(signed)[0]?.slice(15) ?? '');
  const names = new Set((tags.get('h') ?? '').split(':'));
  expect([...names].sort()).toEqual(
    [
      'From',
      'To',
      'Subject',
      'Date',
      'Message-ID',
      'Reply-To',
      'MIME-Version',
      'Content-Type',
      'List-Unsubscribe',
      'List-Unsubscribe-Post',
      'List-Id',
    ].sort(),
  );
  expect(tags.get('c')).toBe('relaxed/relaxed');
  expect(tags.get('d')).toBe('shop.example');
  expect(tags.get('s')).toBe('dear');
  for (const line of signed.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n') ?? []) {
    expect(line.length).toBeLessThanOrEqual(78);
  }
});

test('every letter verifies, whatever its white space', () => {
  const signer = makeDkimSigner({ ...identity, privateKey: ed25519.privateKey });
  const spaced = fc.string({ unit: fc.constantFrom(' ', '\t', '\r\n', '\n', '\r', 'a', 'é', '.') });
  fc.assert(
    fc.property(spaced, spaced, spaced, (subject, html, tail) => {
      const laidOut = write(parts({ subject, html }));
      expect(dkimVerdict(signer.sign(laidOut), ed25519.publicKey)).toBe('pass');
      const bare = Buffer.from(`From: a@b.example\r\nSubject:  ${'x'}\r\n\r\n${html}${tail}`);
      expect(dkimVerdict(signer.sign(bare), ed25519.publicKey)).toBe('pass');
    }),
  );
});

describe('at boot', () => {
  const short = pem(generateKeyPairSync('rsa', { modulusLength: 512 })).privateKey;
  const curve = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })).privateKey;
  test.each([
    ['no PEM', { privateKey: 'hello' }, /private key cannot be read/],
    ['a public key', { privateKey: rsa.publicKey }, /private key cannot be read/],
    ['a short key', { privateKey: short }, /RSA key of 512 bits/],
    ['another kind of key', { privateKey: curve }, /of the kind ec/],
    ['a domain that is none', { domain: 'shop.example; t=y' }, /not a domain name/],
    ['a selector that is none', { selector: 'a b' }, /selector/],
  ])('%s is refused in words', (_what, changes, message) => {
    const make = () => makeDkimSigner({ ...identity, privateKey: rsa.privateKey, ...changes });
    expect(make).toThrow(DearError);
    expect(make).toThrow(message);
  });
});
