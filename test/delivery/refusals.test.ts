import { expect, test } from 'vitest';
import { judgeRefusal, RefusalCount } from '../../src/delivery/refusals.ts';
import type { Stage } from '../../src/delivery/transport.ts';

const judged = (stage: Stage, response: string) =>
  judgeRefusal({ kind: 'failed', code: Number(response.slice(0, 3)), response, stage }).about;

test.each<[Stage, string, string]>([
  ['rcpt', '550 5.1.1 no such user', 'address'],
  ['rcpt', '556 5.1.10 null MX', 'address'],
  ['final', '550 5.1.1 no such user', 'address'],
  ['rcpt', '550 5.7.1 you are blocked', 'sender'],
  ['rcpt', '550-5.7.26 not authenticated', 'sender'],
  ['rcpt', '550 5.1.8 sender rejected', 'sender'],
  ['rcpt', '550 mail from 203.5.1.1 blocked by policy', 'letter'],
  ['rcpt', '550 5.7.1 203.5.1.1 is listed', 'sender'],
  ['final', '554 version 5.1.1 of the filter says no', 'campaign'],
  ['rcpt', '550 5.2.2 mailbox full', 'letter'],
  ['rcpt', '550 not here', 'letter'],
  ['rcpt', '550 relay not permitted', 'sender'],
  ['rcpt', '554 <ann@example.com>: Relay access denied', 'sender'],
  ['rcpt', '550 <relay.denied@example.com> is not here', 'letter'],
  ['rcpt', '550 5.1.1 relay access denied', 'address'],
  ['final', '552 5.2.2 mailbox full', 'letter'],
  ['final', '554 5.7.1 message content rejected', 'campaign'],
  ['data', '554 no valid content', 'campaign'],
  ['mail', '550 5.7.1 sender rejected', 'campaign'],
  ['mail', '550 5.1.1 sender unknown', 'campaign'],
])('at %s, %s is about the %s', (stage, response, about) => {
  expect(judged(stage, response)).toBe(about);
});

test('ten refusals in a row stop a run, one accepted letter starts the count again', () => {
  const count = new RefusalCount();
  for (let n = 1; n < 10; n += 1) expect(count.refused(1)).toBe(false);
  count.accepted(1);
  for (let n = 1; n < 10; n += 1) expect(count.refused(1)).toBe(false);
  expect(count.refused(2)).toBe(false);
  expect(count.refused(1)).toBe(true);
});

test('rules against the sender stop a run when ten of three domains say so, or fifty of fewer', () => {
  const count = new RefusalCount();
  const stops = (domains: readonly string[], times: number) =>
    Array.from({ length: times }, (_, index) => count.refused(1, domains[index % domains.length])).indexOf(
      true,
    ) + 1;
  expect(stops(['a.example', 'b.example', 'c.example'], 20)).toBe(10);
  expect(count.refused(2, 'a.example')).toBe(false);
  count.accepted(1);
  expect(stops(['a.example', 'b.example'], 60)).toBe(50);
  count.accepted(1);
  expect(stops(['a.example'], 49)).toBe(0);
  count.accepted(1);
  expect(stops(['a.example', 'b.example', 'c.example'], 9)).toBe(0);
});

test('a run that was stopped and resumed has ten new refusals before it stops again', () => {
  const count = new RefusalCount();
  const answers = Array.from({ length: 20 }, () => count.refused(1));
  expect(answers.flatMap((stop, index) => (stop ? [index + 1] : []))).toEqual([10, 20]);
});
