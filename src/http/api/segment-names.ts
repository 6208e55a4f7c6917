import { DearError } from '../../errors.ts';
import { isEventType } from '../../profiles/event-key.ts';

/** Names of Segment's e-commerce specification that Dear has a word of its own for. */
const common: ReadonlyMap<string, string> = new Map([
  ['order completed', 'order'],
  ['product viewed', 'view'],
]);

/** What an event of Segment is called in Dear; undefined when no name can be made of it. */
export type EventNames = (name: string) => string | undefined;

/**
 * Names by the setting EVENT_NAMES (`Order Completed=order; Signed Up=signup`), then by Dear's own words, and else
 * in camel case: `Coupon Applied` becomes `couponApplied`, `signup_completed` stays.
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
    const [, name = '', type = ''] = /^\s*(.+?)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    if (isEventType(type)) return [plain(name), type];
    throw new DearError('config.event-names', `EVENT_NAMES cannot be read at '${part.trim()}'.`, {
      kind: 'usage',
      mend: "Write it like 'Order Completed=order; Signed Up=signup'.",
    });
  });
}

const plain = (name: string) => name.trim().toLowerCase().replace(/\s+/g, ' ');

/** Letters that do not come apart into a plain one and its mark. */
const latin: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  þ: 'th',
};

function camelCase(name: string): string | undefined {
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøłđþ]/gi, (letter) => latin[letter.toLowerCase()] ?? '');
  const words = ascii.split(/[^A-Za-z0-9._:-]+/).filter((word) => /[A-Za-z0-9]/.test(word));
  const [first = '', ...others] = words;
  const type =
    others.length === 0
      ? first.charAt(0).toLowerCase() + first.slice(1)
      : first.toLowerCase() +
        others.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join('');
  return isEventType(type) ? type : undefined;
}
