import { DearError } from '../errors.ts';
import { readEventType } from './event-key.ts';

/** Names of Segment's e-commerce specification that Dear has a word of its own for. */
const common: ReadonlyMap<string, string> = new Map([
  ['order completed', 'order'],
  ['product viewed', 'view'],
]);

/** What an event of Segment is called in Dear; undefined when no name can be made of it. */
export type EventNames = (name: string) => string | undefined;

/**
 * Names by the setting EVENT_NAMES (`Order Completed=order; Signed Up=signup`), then by Dear's own words, and else
 * in camel case: `Coupon Applied` becomes `couponApplied`, `Заказ оформлен` `заказОформлен`; `signup_completed` stays.
 * @throws DearError `config.event-names`
 */
export function eventNames(setting: string | undefined): EventNames {
  const given = new Map([...common, ...readNames(setting ?? '')]);
  const made = new Map<string, string | undefined>();
  return (name) => {
    const known = given.get(plain(name));
    if (known !== undefined) return known;
    if (made.has(name)) return made.get(name);
    const type = camelCase(name);
    if (made.size < 1000) made.set(name, type);
    return type;
  };
}

function readNames(setting: string): [string, string][] {
  const parts = setting.split(/[;\n]/).filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const [, name = '', given = ''] = /^\s*(.+?)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    const type = readEventType(given);
    if (type !== undefined) return [plain(name), type];
    throw new DearError('config.event-names', `EVENT_NAMES cannot be read at '${part.trim()}'.`, {
      kind: 'usage',
      mend: "Write it like 'Order Completed=order; Signed Up=signup'.",
    });
  });
}

const plain = (name: string) => name.normalize('NFC').trim().toLowerCase().replace(/\s+/g, ' ');

/** Latin letters that do not come apart into a plain one and its mark. */
const latin: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  þ: 'th',
};

/** Latin letters lose their marks, as in the names that developers give; of other scripts they are part of the letter. */
function camelCase(name: string): string | undefined {
  const letters = name
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
    .replace(/[ßæœøłđþ]/gi, (letter) => latin[letter.toLowerCase()] ?? '');
  const words = letters.split(/[^\p{L}\p{M}\p{N}._:-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const [first = '', ...others] = words;
  const [initial = ''] = first;
  return readEventType(
    others.length === 0
      ? initial.toLowerCase() + first.slice(initial.length)
      : first.toLowerCase() + others.map(laterWord).join(''),
  );
}

/** Scripts without small and large letters show where a word begins by a line before it. */
function laterWord(word: string): string {
  const [initial = ''] = word;
  const hasCase = initial.toUpperCase() !== initial.toLowerCase() || /[\p{N}._:-]/u.test(initial);
  return (hasCase ? '' : '_') + initial.toUpperCase() + word.slice(initial.length).toLowerCase();
}
