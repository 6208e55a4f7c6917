import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEventType } from '../../src/profiles/event-key.ts';
import { eventNames } from '../../src/profiles/event-names.ts';

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
    '訂單 完成',
    'Заказ оформлен',
    'ТОВАР ПРОСМОТРЕН',
    'йод',
    '注文完了',
    'ｶｰﾄに追加',
    'ガイド',
    'تم الطلب',
    'ऑर्डर पूरा',
    'Παραγγελία ολοκληρώθηκε',
    'Kayıt İşlemi',
    'Step 2 Заказ',
    '🎉',
    '\u3164',
    '𐐀𐐨 𐐨𐐨',
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
    訂單: '訂單',
    '訂單 完成': '訂單_完成',
    'Заказ оформлен': 'заказОформлен',
    'ТОВАР ПРОСМОТРЕН': 'товарПросмотрен',
    йод: 'йод',
    注文完了: '注文完了',
    ｶｰﾄに追加: 'カートに追加',
    ガイド: 'ガイド',
    'تم الطلب': 'تم_الطلب',
    'ऑर्डर पूरा': 'ऑर्डर_पूरा',
    'Παραγγελία ολοκληρώθηκε': 'παραγγελίαΟλοκληρώθηκε',
    'Kayıt İşlemi': 'kayıtIslemi',
    'Step 2 Заказ': 'step2Заказ',
    '🎉': undefined,
    '\u3164': undefined,
    '𐐀𐐨 𐐨𐐨': '𐐨𐐨𐐀𐐨',
  });
  expect(eventNames(undefined)('Order Completed')).toBe('order');
});

test('a setting that cannot be read says where', () => {
  for (const setting of ['Order Completed', 'X=', 'X=!', '=y']) {
    expect(() => eventNames(setting)).toThrow(/EVENT_NAMES cannot be read at/);
  }
});

test('whatever the name, the type can be one', () => {
  const names = eventNames(undefined);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const type = names(name);
      expect(type === undefined || readEventType(type) === type).toBe(true);
    }),
  );
});
