import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTokens, type TokenKind } from '../../src/tracking/tokens.ts';

const tokens = makeTokens('a secret of the tests');
const kinds: readonly TokenKind[] = ['open', 'click', 'unsubscribe', 'preferences', 'reply'];
const sendId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const kind = fc.constantFrom(...kinds);

describe('tokens', () => {
  test('lead back to their send, and only as the kind that they are', () => {
    fc.assert(
      fc.property(sendId, (id) => {
        const all = tokens.of(id);
        for (const one of kinds) {
          for (const other of kinds)
            expect(tokens.verify(one, all[other])).toBe(one === other ? id : undefined);
        }
      }),
    );
  });

  test('a changed character makes a token invalid', () => {
    fc.assert(
      fc.property(
        sendId,
        kind,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (id, one, where, character) => {
          const token = tokens.of(id)[one];
          const at = where % token.length;
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          fc.pre(one === 'reply' ? changed.toLowerCase() !== token : changed !== token);
          expect(tokens.verify(one, changed)).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('another secret signs otherwise', () => {
    const others = makeTokens('another secret of the tests');
    fc.assert(
      fc.property(sendId, kind, (id, one) => {
        expect(others.verify(one, tokens.of(id)[one])).toBeUndefined();
      }),
    );
  });

  test('anything else is refused quietly', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), kind, (text, one) => {
        expect(tokens.verify(one, text)).toBeUndefined();
        expect(tokens.sendOfReplyAddress(text)).toBeUndefined();
        expect(tokens.sendOfMessageId(text)).toBeUndefined();
      }),
    );
    const valid = tokens.of(9).open;
    for (const text of [
      '',
      '.',
      `0${valid}`,
      `${valid}\n`,
      ` ${valid}`,
      valid.repeat(1000),
      'zzzzzzzzzzzz.aaaaaaaaaaaaaaaa',
    ]) {
      expect(tokens.verify('open', text)).toBeUndefined();
    }
  });

  test('reply addresses survive a change of case and name their send whatever the domain', () => {
    fc.assert(
      fc.property(sendId, fc.domain(), (id, domain) => {
        const address = tokens.replyAddress(id, domain);
        expect(address.indexOf('@')).toBeLessThanOrEqual(64);
        expect(tokens.sendOfReplyAddress(address)).toBe(id);
        expect(tokens.sendOfReplyAddress(address.toUpperCase())).toBe(id);
        expect(tokens.sendOfReplyAddress(address.replace('reply+', 'other+'))).toBeUndefined();
      }),
    );
  });

  test('message ids are stable and lead back to their send', () => {
    fc.assert(
      fc.property(sendId, fc.domain(), (id, domain) => {
        const messageId = tokens.messageId(id, domain);
        expect(messageId).toBe(makeTokens('a secret of the tests').messageId(id, domain));
        expect(messageId).toMatch(/^<[^<>@\s]+@[^<>@\s]+>$/);
        expect(tokens.sendOfMessageId(messageId)).toBe(id);
        expect(tokens.sendOfMessageId(messageId.slice(1, -1))).toBe(id);
      }),
    );
    expect(tokens.sendOfMessageId('<someone-else.1234@example.test>')).toBeUndefined();
  });

  test('the addresses of a letter carry its tokens', () => {
    const all = tokens.of(123_456);
    const urls = tokens.urls('https://mail.example.test/dear', 123_456);
    expect(urls.open).toBe(`https://mail.example.test/dear/o/${all.open}.gif`);
    expect(urls.clicks).toBe(`https://mail.example.test/dear/c/${all.click}/`);
    expect(urls.unsubscribe).toBe(`https://mail.example.test/dear/u/${all.unsubscribe}`);
    expect(urls.preferences).toBe(`https://mail.example.test/dear/p/${all.preferences}`);
  });
});
