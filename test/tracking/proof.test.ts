import { expect, test } from 'vitest';
import { makeConfirmTokens } from '../../src/tracking/confirm-tokens.ts';
import { makeProof } from '../../src/tracking/proof.ts';
import { makeTokens } from '../../src/tracking/tokens.ts';

const prove = makeProof('a secret of the tests');

test('proof names the link, and hashes of machine and program that can be compared', () => {
  const act = { letter: 7, network: '198.51.100.9', program: 'Firefox' };
  const proof = prove(act);
  expect(proof).toMatch(/^by the link in letter 7; network [0-9a-f]{24}; program [0-9a-f]{24}$/);
  expect(prove(act)).toBe(proof);
  expect(makeProof('another secret of the tests')(act)).not.toBe(proof);
  expect(prove({ ...act, network: '198.51.100.10' })).not.toBe(proof);
});

test.each(['127.0.0.1', '10.1.2.3', '192.168.0.1', '172.20.0.1', '::1', 'fd00::1', '::ffff:10.0.0.1'])(
  'a proxy of our own proves nothing: %s',
  (network) => {
    expect(prove({ network })).toBe('');
  },
);

test('addresses of the net, of either kind, count', () => {
  for (const network of ['8.8.8.8', '2001:4860:4860::8888', '::ffff:8.8.8.8']) {
    expect(prove({ network })).toMatch(/^network /);
  }
});

test('tokens of confirmations are theirs alone', () => {
  const tokens = makeConfirmTokens('a secret of the tests');
  expect(tokens.verify(tokens.of(35))).toBe(35);
  expect(tokens.verify(tokens.of(35).replace(/^z/, '10'))).toBeUndefined();
  expect(tokens.verify(`${tokens.of(35)}a`)).toBeUndefined();
  expect(makeConfirmTokens('another secret of the tests').verify(tokens.of(35))).toBeUndefined();
  const letters = makeTokens('a secret of the tests').of(35);
  for (const token of Object.values(letters)) expect(tokens.verify(token)).toBeUndefined();
});
