import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject } from './json.ts';

const DERIVED = '~';

/**
 * The key of an event that came without one: the same for the same name, type, moment and properties, so that
 * the same row counts once. It holds a digest of what the event's own columns (profile, type, moment) do not
 * say, and is unique together with them.
 * @param name what the event's source calls its customer: an address, or an external id
 */
export function derivedKey(name: string, type: string, at: number, properties: JsonObject): string {
  return DERIVED + digestOfEvent(name, type, at, canonicalJson(properties));
}

/** The digest that `derivedKey` puts into a key. @param canonical the properties as `canonicalJson` writes them */
export function digestOfEvent(name: string, type: string, at: number, canonical: string): number {
  // As `textOf` has it.
  const digest = new Digest().add(name).add('\n').add(type).add('\n');
  return digest.add(String(at)).add('\n').add(canonical).end();
}

/**
 * The key of an event that came without one and is not stored at the moment `stated` that its source gave, but at a
 * corrected one, which differs each time that it is sent. What the event's columns say does not tell it apart, so
 * this key does so alone: 128 bits of SHA-256.
 */
export function statedKey(name: string, type: string, stated: number, properties: JsonObject): string {
  const text = textOf(name, type, stated, properties);
  return `s:${hash('sha256', text, 'base64url').slice(0, 22)}`;
}

/** None of the first three can hold a line end, so no two different events give the same text. */
function textOf(name: string, type: string, at: number, properties: JsonObject): string {
  return `${name}\n${type}\n${at}\n${canonicalJson(properties)}`;
}

/** The key of an event whose source names it; apart from the keys that Dear makes itself. */
export function givenKey(text: string): string {
  return `i:${text}`;
}

/**
 * The same of a source that may be anybody, such as a web page: whoever guesses the id of an order that is still to come
 * must not take its place.
 */
export function publicKey(text: string): string {
  return `p:${text}`;
}

/** The longest id that a source may give an event. */
export const EVENT_ID_MAX = 200;

/** Letters of any script; none that cannot be seen, since names that look alike must be alike. */
const TYPE = /^(?!.*\p{Default_Ignorable_Code_Point})[\p{L}\p{N}][\p{L}\p{M}\p{N} ._:-]{0,99}$/u;

/** A text as the name of a type of events, its letters composed (NFC); undefined when it cannot be one. */
export function readEventType(text: string): string | undefined {
  const composed = text.normalize('NFC');
  return TYPE.test(composed) ? composed : undefined;
}

const ownTypes = [
  'opened',
  'clicked',
  'unsubscribed',
  'resubscribed',
  'replied',
  'autoReplied',
  'merged',
  'conflict',
  'address changed',
  'entered',
  'left',
] as const;

/** What Dear itself writes onto timelines. */
export type OwnEventType = (typeof ownTypes)[number];

/** Types of which only Dear itself knows that they happened. */
export const ownEventTypes: ReadonlySet<string> = new Set(ownTypes);

/** The digest in a derived key; undefined when the key was given. */
export function digestInKey(key: string): number | undefined {
  return key.startsWith(DERIVED) ? Number(key.slice(1)) : undefined;
}

/**
 * 53 bits of texts put together, in two lanes of 32 that are mixed at the end so that each bit of the text changes half
 * of the result. It tells apart the few events of one customer, of one type, at one millisecond; nobody gains by a
 * collision, who could only hide an event of their own. A cryptographic hash takes ten times as long, which is
 * more than all else that an import does with a row. The texts are not joined: that would take as long again.
 */
class Digest {
  #left = 0x9e3779b9;
  #right = 0x85ebca6b;
  #length = 0;

  add(text: string): this {
    let [left, right] = [this.#left, this.#right];
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      left = Math.imul(left ^ code, 0x01000193 * 5);
      right = Math.imul(right ^ code, 0x5bd1e995);
      left ^= right >>> 13;
      right ^= right >>> 15;
    }
    this.#left = left;
    this.#right = right;
    this.#length += text.length;
    return this;
  }

  end(): number {
    const left = mixed(this.#left ^ this.#length);
    const right = mixed(this.#right ^ left);
    return (left >>> 11) * 0x1_0000_0000 + (right >>> 0);
  }
}

/** The final steps of a multiplicative hash: every bit of the word reaches every other. */
function mixed(word: number): number {
  let bits = word ^ (word >>> 16);
  bits = Math.imul(bits, 0x7feb352d);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x846ca68b);
  return bits ^ (bits >>> 16);
}
