import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject } from './json.ts';

/**
 * The key of an event that came without one: the same for the same address, type, moment and properties, so
 * that the same row counts once. 128 bits of SHA-256 behind the time: files run in order of time mostly, and
 * an index whose newest entries lie together takes several times as many rows a second as a random one.
 */
export function derivedKey(email: string, type: string, at: number, properties: JsonObject): string {
  // None of the first three can hold a line end, so no two different events give the same text.
  const text = `${email}\n${type}\n${at}\n${canonicalJson(properties)}`;
  return `${at.toString(36).padStart(9, '0')}.${hash('sha256', text, 'base64url').slice(0, 22)}`;
}

/** The key of an event whose source names it; apart from the keys that Dear makes itself. */
export function givenKey(text: string): string {
  return `i:${text}`;
}

/** The longest id that a source may give an event. */
export const EVENT_ID_MAX = 200;

/** Whether it can name a type of events. */
export function isEventType(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,99}$/.test(text);
}

/** Types of which only Dear itself knows that they happened. */
export const ownEventTypes: ReadonlySet<string> = new Set([
  'opened',
  'clicked',
  'unsubscribed',
  'resubscribed',
  'replied',
  'autoReplied',
  'merged',
  'conflict',
  'address changed',
]);
