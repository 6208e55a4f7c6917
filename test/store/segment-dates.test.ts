import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate, type Subject } from '../../src/segments/evaluate.ts';
import { parseRule } from '../../src/segments/rule.ts';
import { defaultRuleSettings } from '../../src/segments/settings.ts';
import type { Store } from '../../src/store/database.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { NOW } from '../segments/arbitrary-subjects.ts';
import { onEveryStore } from '../stores.ts';
import { insert } from './subjects.ts';

const settings = { ...defaultRuleSettings, zone: 'America/New_York' };

/** What is stored, and the UTC instant that it is; a day is one of New York. */
const dates: readonly [string, string][] = [
  ['2026-11-30T23:30:00-05:00', '2026-12-01T04:30:00Z'],
  ['2026-11-30T23:30:00-0500', '2026-12-01T04:30:00Z'],
  ['2026-12-01T00:30+14:00', '2026-11-30T10:30:00Z'],
  ['2026-12-01T05:15:00.5+05:45', '2026-11-30T23:30:00.500Z'],
  ['2026-12-31T23:59:59.999-00:01', '2027-01-01T00:00:59.999Z'],
  ['2024-02-29T00:00:00+01:00', '2024-02-28T23:00:00Z'],
  ['2026-11-30T08:00:00Z', '2026-11-30T08:00:00Z'],
  ['2026-11-30T08:00:00.500', '2026-11-30T08:00:00.500Z'],
  ['2026-11-30T08:00', '2026-11-30T08:00:00Z'],
];
const noDates = [
  ...['2025-02-30', '2025-13-01', '2025-00-10', '2025-04-31', '2025-02-29', '1900-02-29', '2025-06-00'],
  ...['2025-02-30T10:00:00Z', '2025-06-01T24:00:00Z', '2025-06-01T12:60', '2025-06-01T12:00:60Z'],
  ...['2025-06-01T', '2025-06-01T12', '2025-06-01T12:00ZZ', '2025-06-01T12:00z', '2025-06-01T12:00:00.'],
  ...['2025-06-01T12:00 +02:00', '2025-06-01T12:00+2:00', '2025-06-01T12:00+15:00', '2025-06-01T12:00+02:60'],
  ...[
    '2025-06-01TT12:00',
    '2025-06-01T12:00+02:00Z',
    '2025-06-01 12:00',
    '2025-6-1',
    '٢٠١١-09-30',
    ' 2025-06-01',
  ],
];

onEveryStore('dates in attributes', (open) => {
  let store: Store;
  let subjects: Subject[];
  beforeAll(async () => {
    store = await open();
    const texts = [...dates.map(([text]) => text), ...noDates];
    subjects = await insert(
      store,
      texts.map((since) => ({ profile: { id: 0, email: undefined, attributes: { since } }, events: [] })),
    );
  });

  async function fitting(rule: unknown): Promise<unknown[]> {
    const parsed = parseRule(rule, 'rule');
    const segments = segmentStore(store, settings);
    const resolved = await segments.resolve(parsed);
    const ids: number[] = [];
    for await (const chunk of segments.members(parsed, NOW)) ids.push(...chunk);
    const found = subjects.filter(({ profile }) => ids.includes(profile.id));
    expect(found).toEqual(subjects.filter((subject) => evaluate(resolved, subject, NOW, { settings })));
    return found.map(({ profile }) => profile.attributes.since);
  }

  test.each(dates)('%s is the instant %s', async (text, instant) => {
    const later = new Date(Date.parse(instant) + 1).toISOString();
    expect(await fitting({ attribute: 'since', between: [instant, instant] })).toContain(text);
    expect(await fitting({ attribute: 'since', before: instant })).not.toContain(text);
    expect(await fitting({ attribute: 'since', before: later })).toContain(text);
    expect(await fitting({ attribute: 'since', after: instant })).not.toContain(text);
  });

  test('what is no day, or no time, is a text', async () => {
    const ever = [
      ...(await fitting({ attribute: 'since', before: '3000-01-01' })),
      ...(await fitting({ attribute: 'since', after: '1000-01-01' })),
    ];
    expect(ever.filter((one) => noDates.some((text) => text === one))).toEqual([]);
  });

  test('a day of the calendar holds the instants of its zone', async () => {
    const during = '2026-11-30';
    expect(await fitting({ attribute: 'since', during, zone: 'America/New_York' })).toEqual([
      '2026-11-30T23:30:00-05:00',
      '2026-11-30T23:30:00-0500',
      '2026-12-01T00:30+14:00',
      '2026-12-01T05:15:00.5+05:45',
      '2026-11-30T08:00:00Z',
      '2026-11-30T08:00:00.500',
      '2026-11-30T08:00',
    ]);
    expect(await fitting({ attribute: 'since', during, zone: 'UTC' })).not.toContain(
      '2026-11-30T23:30:00-05:00',
    );
  });
});

onEveryStore('dates at the ends of time', (open) => {
  test('are compared all the same', async () => {
    const store = await open();
    const texts = ['0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-05:00', '9999-12-31', '0000-02-29'];
    await insert(
      store,
      texts.map((since) => ({ profile: { id: 0, email: undefined, attributes: { since } }, events: [] })),
    );
    const count = (rule: unknown) => segmentStore(store, settings).count(parseRule(rule, 'rule'), NOW);
    expect(await count({ attribute: 'since', after: '2026-01-01' })).toBe(2);
    expect(await count({ attribute: 'since', before: '2026-01-01' })).toBe(2);
  });
});

describe('a fraction of a second', () => {
  test('is the same with and without zeros at its end', () => {
    const rule = {
      attribute: 'since',
      between: ['2026-11-30T08:00:00.500Z', '2026-11-30T08:00:00.500Z'] as [string, string],
    };
    for (const since of ['2026-11-30T08:00:00.5Z', '2026-11-30T08:00:00.50000Z']) {
      const subject = { profile: { id: 1, email: undefined, attributes: { since } }, events: [] };
      expect(evaluate(rule, subject, NOW)).toBe(true);
    }
  });
});
