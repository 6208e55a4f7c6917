import { normaliseEmail, readEmail } from '../../profiles/email.ts';
import { ownEventTypes, publicKey, statedKey } from '../../profiles/event-key.ts';
import type { EventNames } from '../../profiles/event-names.ts';
import type { ExternalId, Identifiers } from '../../profiles/identity.ts';
import { wrongExternalId, wrongNumberId } from '../../profiles/identity.ts';
import type { Incoming } from '../../profiles/intake.ts';
import { isObject, type Json, type JsonObject } from '../../profiles/json.ts';
import { storableText, wrongText } from '../../profiles/texts.ts';
import { readTime, wrongMoment } from '../../profiles/times.ts';
import { wrongEventId, wrongType } from './events.ts';
import { eventKey, Partly, Refusal, readObject, refusalOf, refusedText } from './read.ts';
import { type Call, type CallType, callSchema } from './segment-schemas.ts';

/** What the one who calls may do, and what all calls of a batch share. */
export interface CallReading {
  /** The call's type, unless it says it itself. */
  readonly type: CallType | undefined;
  readonly mayAddEvents: boolean;
  readonly mayChangeProfiles: boolean;
  /** A new address replaces the old one, and events may have types that Dear uses itself. */
  readonly isTrusted: boolean;
  readonly names: EventNames;
  readonly sentAt: unknown;
  readonly context: unknown;
}

/** Reads one call of Segment's API as an event, or as what is said about a profile. */
export function readCall(
  item: unknown,
  now: number,
  reading: CallReading,
): Incoming | Partly<Incoming> | Refusal {
  const parsed = callSchema.safeParse(item);
  if (!parsed.success) return refusalOf(parsed.error);
  const call = parsed.data;
  const type = reading.type ?? call.type;
  if (type === undefined)
    return new Refusal('shape', 'type', 'it must say its type: track, identify, page …');
  const isAboutProfile = type === 'identify' || type === 'alias';
  if (!(isAboutProfile ? reading.mayChangeProfiles : reading.mayAddEvents)) {
    return new Refusal('scope', '', `the API key may not add ${isAboutProfile ? 'profiles' : 'events'}`);
  }
  if (type === 'identify') return readIdentify(call, reading);
  if (type === 'alias') return readAlias(call, reading);
  return readEventCall(type, call, now, reading);
}

/**
 * A bad address does not keep out what else is said, unless nothing else says who it is. From a web page it does: what
 * is kept of somebody without an address keeps later addresses of web pages away, and so the mended one.
 */
function readIdentify(call: Call, reading: CallReading): Incoming | Partly<Incoming> | Refusal {
  const traits = readObject(call.traits, 'traits');
  if (traits instanceof Refusal) return traits;
  const { email: given, ...attributes } = traits;
  const read = addressIn(given);
  const [email, wrong] = read instanceof Refusal ? [undefined, read] : [read, undefined];
  const isPublic = !reading.isTrusted;
  if (wrong !== undefined && isPublic) return wrong;
  const who = whoOf(call, email);
  if (who instanceof Refusal) return wrong ?? who;
  const changeEmail = reading.isTrusted && email !== undefined;
  const change = { attributes, consents: [] };
  const item: Incoming = { kind: 'profile', who, changeEmail, isPublic, change };
  return wrong === undefined ? item : new Partly(item, wrong);
}

/** An empty address is none; many forms send one. */
function addressIn(given: Json | undefined): string | undefined | Refusal {
  if (given === undefined || given === null || given === '') return undefined;
  const read = typeof given === 'string' ? readEmail(given) : { ok: false as const, why: 'it is no text' };
  return read.ok ? read.email : new Refusal('email', 'traits.email', `it is no e-mail address: ${read.why}`);
}

/** Segment does not say which kind of id the previous one is, so both are tied to the person. */
function readAlias(call: Call, reading: CallReading): Incoming | Refusal {
  const { previousId } = call;
  if (previousId === undefined || previousId === null) {
    return new Refusal('who', 'previousId', 'an alias needs it');
  }
  const wrong = wrongNumberId(previousId);
  if (wrong !== undefined) return new Refusal('externalId', 'previousId', wrong);
  const who = whoOf({ ...call, anonymousId: previousId }, undefined);
  if (who instanceof Refusal) return who;
  const externalIds = [...who.externalIds, { source: 'userId', value: String(previousId).trim() }];
  return {
    kind: 'profile',
    who: { ...who, externalIds },
    changeEmail: false,
    isPublic: !reading.isTrusted,
    change: { attributes: {}, consents: [] },
  };
}

type EventCall = Exclude<CallType, 'identify' | 'alias'>;

function readEventCall(type: EventCall, call: Call, now: number, reading: CallReading): Incoming | Refusal {
  const name = type === 'track' ? reading.names(call.event ?? '') : type;
  if (name === undefined) return wrongType('event');
  if (!reading.isTrusted && ownEventTypes.has(name)) {
    return new Refusal('type', 'event', `only Dear itself knows of events of the type ${name}`);
  }
  const context = call.context ?? reading.context;
  const who = whoOf(call, emailIn(context));
  if (who instanceof Refusal) return who;
  const properties = propertiesOf(type, call, context);
  if (properties instanceof Refusal) return properties;
  const moments = momentsOf(call, reading.sentAt, now);
  if (moments instanceof Refusal) return moments;
  const id = call.messageId ?? undefined;
  const wrongId = id === undefined ? undefined : wrongEventId(id, 'messageId');
  if (wrongId !== undefined) return wrongId;
  // The corrected time differs each time that a message is sent again, its own does not.
  const key =
    id !== undefined && !reading.isTrusted
      ? publicKey(id)
      : eventKey(id, who, { type: name, at: moments.stated, properties }, statedKey);
  const rights = { changeEmail: false, isPublic: !reading.isTrusted };
  return { kind: 'event', who, ...rights, type: name, at: moments.at, properties, key };
}

function propertiesOf(type: EventCall, call: Call, context: unknown): JsonObject | Refusal {
  const path = type === 'group' ? 'traits' : 'properties';
  const own = readObject(call[path], path);
  if (own instanceof Refusal) return own;
  if (type === 'track') return { ...contextOf(context), ...own };
  const { name, category, groupId } = call;
  const wrongGroup = wrongNumberId(groupId);
  if (wrongGroup !== undefined) return new Refusal('json', 'groupId', wrongGroup);
  const named = present({ name, category, groupId });
  for (const [field, text] of Object.entries(named)) {
    const wrong = refusedText(text, field);
    if (wrong !== undefined) return wrong;
  }
  return { ...contextOf(context), ...named, ...own };
}

/** Who it is about: an id of the shop says more than one of a browser, and so stands first. */
function whoOf(call: Pick<Call, 'userId' | 'anonymousId'>, email: string | undefined): Identifiers | Refusal {
  const externalIds: ExternalId[] = [];
  for (const source of ['userId', 'anonymousId'] as const) {
    const given = call[source];
    if (given === undefined || given === null || given === '') continue;
    const id = { source, value: String(given).trim() };
    const wrong = wrongNumberId(given) ?? wrongExternalId(id);
    if (wrong !== undefined) return new Refusal('externalId', source, wrong);
    externalIds.push(id);
  }
  if (externalIds.length === 0 && email === undefined) {
    return new Refusal('who', '', 'it does not say whose it is: give userId or anonymousId');
  }
  // Many shops use the address as userId; an address that is said to be one comes first.
  const isAddress = typeof call.userId === 'string' && call.userId.includes('@');
  return { externalIds, email: email ?? (isAddress ? normaliseEmail(String(call.userId)) : undefined) };
}

function emailIn(context: unknown): string | undefined {
  const traits = isObject(context) ? context.traits : undefined;
  const email = isObject(traits) ? traits.email : undefined;
  return typeof email === 'string' ? normaliseEmail(email) : undefined;
}

/**
 * The moment of an event, freed of the error of the sender's clock as Segment documents it: received at, less the
 * time between the event and its sending, both by the sender's clock. `stated` is what the sender said.
 */
function momentsOf(call: Call, batchSentAt: unknown, now: number): { at: number; stated: number } | Refusal {
  const read = (value: unknown) =>
    value === undefined || value === null ? undefined : readTime(value, { timeZone: 'UTC' });
  const path = call.originalTimestamp ? 'originalTimestamp' : 'timestamp';
  const given = call[path];
  const stated = read(given);
  if (given !== undefined && given !== null && given !== '' && stated === undefined) {
    return new Refusal('time', path, 'it is no date that can be read, such as 2026-11-24T10:15:00Z');
  }
  const sentAt = read(call.sentAt ?? batchSentAt);
  // Whoever passes on what Segment received passes on a timestamp that is corrected already.
  const corrected =
    call.receivedAt === undefined || call.receivedAt === null ? undefined : read(call.timestamp);
  const at =
    corrected ?? (stated === undefined ? now : sentAt === undefined ? stated : now - (sentAt - stated));
  const wrong = wrongMoment(at, now);
  return wrong === undefined ? { at, stated: stated ?? now } : new Refusal('time', path, wrong);
}

const keptPages = ['path', 'url', 'title', 'referrer'] as const;
const keptCampaign = ['name', 'source', 'medium', 'term', 'content'] as const;

/** What of the context is worth keeping with each event. Addresses and names of machines are not. */
function contextOf(context: unknown): { context?: JsonObject } {
  if (!isObject(context)) return {};
  const { locale } = context;
  const kept = {
    page: pick(context.page, keptPages),
    campaign: pick(context.campaign, keptCampaign),
    locale: isText(locale) && locale.length <= 35 ? locale : undefined,
  };
  const found = present(kept);
  return Object.keys(found).length === 0 ? {} : { context: found };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && wrongText(value) === undefined;

function pick(value: unknown, keys: readonly string[]): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  const texts = keys.flatMap((key): [string, string][] => {
    const text = value[key];
    return isText(text) && text !== '' ? [[key, storableText(text, 2000)]] : [];
  });
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

function present(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  const found: Record<string, Json> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== null) found[key] = value;
  }
  return found;
}
