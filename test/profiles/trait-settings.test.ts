import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import {
  defaultTraitSettings,
  readTraitSettings,
  writtenDefaults,
} from '../../src/profiles/trait-settings.ts';

test('an installation without settings has the defaults that the code assumes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dear-settings-'));
  expect(loadConfig({}, folder).traits).toEqual(writtenDefaults);
  expect(() => loadConfig({ FORMER_AFTER: 'a year' }, folder)).toThrow('FORMER_AFTER must be a duration');
  await rm(folder, { recursive: true, force: true });
});

test('ways to read money are products of properties, in order', () => {
  const { money, refundEvents, orderIds } = readTraitSettings({
    ...writtenDefaults,
    orderMoney: ' gross , unit price * pieces ',
    refundEvents: 'none',
    orderId: 'none',
  });
  expect(money).toEqual([['gross'], ['unit price', 'pieces']]);
  expect([refundEvents, orderIds]).toEqual([[], []]);
  expect(defaultTraitSettings.money[1]).toEqual(['price', 'quantity']);
});

test.each([
  [{ orderEvents: 'order,,buy' }, /ORDER_EVENTS has an empty name/],
  [{ orderMoney: 'price*' }, /ORDER_MONEY has an empty name in "price\*"/],
  [{ refundEvents: 'return, order' }, /REFUND_EVENTS names "order", which ORDER_EVENTS names too/],
])('%j is refused', (change, message) => {
  expect(() => readTraitSettings({ ...writtenDefaults, ...change })).toThrow(message);
});
