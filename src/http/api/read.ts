import type { z } from 'zod';
import { readEmail } from '../../profiles/email.ts';
import { derivedKey, givenKey } from '../../profiles/event-key.ts';
import {
  type ExternalId,
  type Identifiers,
  wrongExternalId,
  wrongNumberId,
} from '../../profiles/identity.ts';
import { isObject, type JsonObject, wrongJson } from '../../profiles/json.ts';
import { wrongText } from '../../profiles/texts.ts';
import { readTime, wrongMoment } from '../../profiles/times.ts';

/** Why an item was not taken, and where in it the reason lies (`properties.total`; empty for the item itself). */
export class Refusal {
  readonly code: string;
  readonly path: string;
  readonly message: string;

  constructor(code: string, path: string, message: string) {
    this.code = code;
    this.path = path;
    this.message = message;
  }
}

/** An item that is taken but for a part of it, and why that is left out. */
export class Partly<Item> {
  readonly item: Item;
  readonly problem: Refusal;

  constructor(item: Item, problem: Refusal) {
    this.item = item;
    this.problem = problem;
  }
}

/** The first thing that a schema finds wrong, in words. */
export function refusalOf(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    return new Refusal('shape', path, `it has a field that is not known here: ${issue.keys.join(', ')}`);
  }
  const message = issue?.message ?? 'it has the wrong form';
  return new Refusal('shape', path, message.charAt(0).toLowerCase() + message.slice(1));
}

/** An object of attributes or properties, checked; empty when there is none. */
export function readObject(value: unknown, path: string): JsonObject | Refusal {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) return new Refusal('shape', path, 'it must be an object');
  const wrong = wrongJson(value);
  // wrongJson has seen all of it: this is the seam where it gets its name.
  return wrong === undefined
    ? (value as JsonObject)
    : new Refusal('json', path, `it cannot be stored: ${wrong}`);
}

/** Why a field of its own cannot be stored. */
export function refusedText(text: unknown, path: string): Refusal | undefined {
  const wrong = typeof text === 'string' ? wrongText(text) : undefined;
  return wrong === undefined ? undefined : new Refusal('text', path, `it cannot be stored: ${wrong}`);
}

/** A moment in ms; undefined when none is given. Text without a zone is UTC. */
export function readMoment(value: unknown, path: string, now: number): number | undefined | Refusal {
  if (value === undefined || value === null) return undefined;
  const at = readTime(value, { timeZone: 'UTC' });
  if (at === undefined) {
    return new Refusal('time', path, 'it is no date that can be read, such as 2026-11-24T10:15:00Z');
  }
  const wrong = wrongMoment(at, now);
  return wrong === undefined ? at : new Refusal('time', path, wrong);
}

function emailOf(value: string | undefined, path: string): string | undefined | Refusal {
  if (value === undefined) return undefined;
  const read = readEmail(value);
  return read.ok ? read.email : new Refusal('email', path, `it is no e-mail address: ${read.why}`);
}

/** External ids from an object of sources and values. */
function readExternalIds(value: unknown, path: string): ExternalId[] | Refusal {
  if (value === undefined || value === null) return [];
  if (!isObject(value)) return new Refusal('shape', path, 'it must be an object such as {"shop": "4711"}');
  const ids: ExternalId[] = [];
  for (const [source, given] of Object.entries(value)) {
    if (typeof given !== 'string' && typeof given !== 'number')
      return new Refusal('externalId', `${path}.${source}`, 'it must be a text or a number');
    const id = { source, value: String(given).trim() };
    const wrong = wrongNumberId(given) ?? wrongExternalId(id);
    if (wrong !== undefined) return new Refusal('externalId', `${path}.${source}`, wrong);
    ids.push(id);
  }
  return ids;
}

interface GivenIdentity {
  readonly profileId?: number | undefined;
  readonly email?: string | undefined;
  readonly externalIds?: unknown;
}

/** Who it is about; at least one way of saying so is needed. */
export function whoOf(given: GivenIdentity): Identifiers | Refusal {
  const email = emailOf(given.email, 'email');
  if (email instanceof Refusal) return email;
  const externalIds = readExternalIds(given.externalIds, 'externalIds');
  if (externalIds instanceof Refusal) return externalIds;
  if (given.profileId === undefined && email === undefined && externalIds.length === 0) {
    return new Refusal('who', '', 'it does not say whose it is: give email, externalIds or profileId');
  }
  return { profileId: given.profileId, email, externalIds };
}

/**
 * The key of an event: its own id, or one made of everything that is known of it.
 * @param made `statedKey` when `event.at` is not the moment at which it is stored
 */
export function eventKey(
  id: string | undefined,
  who: Identifiers,
  event: { type: string; at: number; properties: JsonObject },
  made: typeof derivedKey = derivedKey,
): string {
  if (id !== undefined) return givenKey(id);
  const [first] = who.externalIds;
  // An external id holds a colon and an address never does, so the two cannot be taken for each other.
  const name = who.email ?? (first === undefined ? `id:${who.profileId}` : `${first.source}:${first.value}`);
  return made(name, event.type, event.at, event.properties);
}
