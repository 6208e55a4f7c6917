import type { FastifyRequest } from 'fastify';
import type { Keyring } from '../../access/keyring.ts';
import type { Incoming, Intake, Outcome } from '../../profiles/intake.ts';
import type { Retention } from '../../profiles/retention.ts';
import { KEY_TAKEN } from '../../profiles/stated-events.ts';
import { storableText } from '../../profiles/texts.ts';
import { callerOf } from './auth.ts';
import { Partly, Refusal } from './read.ts';
import { problemSchema, type Refused } from './schemas.ts';

/** What the routes that store things need. */
export interface StoringDeps {
  readonly keyring: Keyring;
  readonly intake: Intake;
  /** Events that are older than they are kept must not come in again. */
  readonly retention: Pick<Retention, 'tooOld'>;
  readonly now: () => number;
}

type StoredOutcome = Extract<Outcome, { profileId: number }>;

/** What came of the items of a call; of each place either an outcome or a refusal. */
export interface Stored {
  /** By place; refused ones are absent. */
  readonly outcomes: ReadonlyMap<number, StoredOutcome>;
  /** In the order of the call. */
  readonly refused: readonly Refused[];
  /** Of items that were stored but for a part. */
  readonly problems: readonly Refused[];
}

/**
 * Reads each item and stores those that can be read. Good items are not held up by bad ones: the answer says
 * which were refused, and everything else is committed when it is given.
 */
export async function storeItems(
  deps: StoringDeps,
  request: FastifyRequest,
  items: readonly unknown[],
  read: (item: unknown, now: number) => Incoming | Partly<Incoming> | Refusal,
): Promise<Stored> {
  const key = callerOf(request);
  const receivedAt = deps.now();
  const { good, refused } = readItems(items, (item) => read(item, receivedAt), deps.retention, receivedAt);
  const refuse = (index: number, refusal: Refusal) => refused.push(refusedAt(index, refusal));
  const taken = await deps.intake.take({
    items: good.map(({ item }) => item),
    by: `api key ${key.name}`,
    receivedAt,
  });
  const outcomes = new Map<number, StoredOutcome>();
  for (const [place, { index }] of good.entries()) {
    const outcome = taken[place];
    if (outcome !== undefined && 'profileId' in outcome) outcomes.set(index, outcome);
    else if (outcome?.state === 'taken') refuse(index, new Refusal('id', 'id', KEY_TAKEN));
    else refuse(index, nobodyFor(good[place]?.item));
  }
  refused.sort((a, b) => a.index - b.index);
  const problems = good.flatMap(({ index, problem }) =>
    problem !== undefined && outcomes.has(index) ? [refusedAt(index, problem)] : [],
  );
  const [first] = [...refused, ...problems];
  // It may name a field of the call, and so hold anything.
  const lastRefusal =
    first && storableText(`${first.path === '' ? '' : `${first.path}: `}${first.message}`, 500);
  deps.keyring.note(key, { stored: outcomes.size, refused: refused.length, lastRefusal });
  return { outcomes, refused, problems };
}

interface Good {
  readonly index: number;
  readonly item: Incoming;
  /** Why a part of it was left out. */
  readonly problem: Refusal | undefined;
}

function readItems(
  items: readonly unknown[],
  read: (item: unknown) => Incoming | Partly<Incoming> | Refusal,
  retention: StoringDeps['retention'],
  now: number,
): { good: Good[]; refused: Refused[] } {
  const good: Good[] = [];
  const refused: Refused[] = [];
  for (const [index, item] of items.entries()) {
    const whole = read(item);
    const [part, problem] = whole instanceof Partly ? [whole.item, whole.problem] : [whole, undefined];
    const found = kept(retention, part, now);
    if (found instanceof Refusal) refused.push(refusedAt(index, found));
    else good.push({ index, item: found, problem });
  }
  return { good, refused };
}

const refusedAt = (index: number, { code, path, message }: Refusal): Refused => ({
  index,
  code,
  path,
  message,
});

function kept(
  retention: StoringDeps['retention'],
  found: Incoming | Refusal,
  now: number,
): Incoming | Refusal {
  if (found instanceof Refusal || found.kind !== 'event') return found;
  const why = retention.tooOld(found.type, found.at, now);
  return why === undefined ? found : new Refusal('retention', 'at', why);
}

/** Identifiers that nobody has make a profile, unless they are those of somebody who was erased. */
function nobodyFor(item: Incoming | undefined): Refusal {
  return item?.who.profileId === undefined
    ? new Refusal('erased', '', 'the data of this customer was erased, so nothing more is stored about them')
    : new Refusal('profileId', 'profileId', 'no profile has this id');
}

/** All stored: 200. Some: 207. None: 400. */
export function statusOfStored({ outcomes, refused }: Stored): 200 | 207 | 400 {
  if (refused.length === 0) return 200;
  return outcomes.size > 0 ? 207 : 400;
}

/** What every route may answer. */
export const problems = {
  401: problemSchema,
  403: problemSchema,
  404: problemSchema,
  413: problemSchema,
  415: problemSchema,
  500: problemSchema,
  503: problemSchema,
};
