import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventNames } from '../../../src/http/api/segment-names.ts';
import { isEventType } from '../../../src/profiles/event-key.ts';

test('events get Dear’s names: its own words, those of the setting, else camel case', () => {
  const names = eventNames(' Signed Up = signup;Order Completed=purchase\nA=b c ');
  const found = [
    'Order Completed',
    'order  completed',
    'SIGNED UP',
    'a',
    'Product Viewed',
    'Coupon applied',
    'signup_completed',
    'Signup',
    'cart:add',
    'Größe gewählt',
    '!!!',
    '',
    '訂單',
  ].map((name) => [name, names(name)]);
  expect(Object.fromEntries(found)).toEqual({
    'Order Completed': 'purchase',
    'order  completed': 'purchase',
    'SIGNED UP': 'signup',
    a: 'b c',
    'Product Viewed': 'view',
    'Coupon applied': 'couponApplied',
    signup_completed: 'signup_completed',
    Signup: 'signup',
    'cart:add': 'cart:add',
    'Größe gewählt': 'grosseGewahlt',
    '!!!': undefined,
    '': undefined,
    訂單: undefined,
  });
  expect(eventNames(undefined)('Order Completed')).toBe('order');
});

test('a setting that cannot be read says where', () => {
  for (const setting of ['Order Completed', 'X=', 'X=ü', '=y']) {
    expect(() => eventNames(setting)).toThrow(/EVENT_NAMES cannot be read at/);
  }
});

test('whatever the name, the type can be one', () => {
  const names = eventNames(undefined);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const type = names(name);
      expect(type === undefined || isEventType(type)).toBe(true);
    }),
  );
});
