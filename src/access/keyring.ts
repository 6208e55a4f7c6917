import { type ApiKey, fits, type KeyStore, type KeyUse, keyIdOf, type StoredKey } from './keys.ts';

const FRESH_MS = 2_000;
const USABLE_MS = 10_000;
const ASK_AGAIN_MS = 500;
const WRITE_DOWN_MS = 30_000;

/** Knows the keys without asking the database for each request, and writes down now and then that they were used. */
export interface Keyring {
  /** The key of a secret; undefined when there is none or it was revoked. */
  check(secret: string): Promise<ApiKey | undefined>;
  /** Counts what a request stored, and what it refused and why. */
  note(key: ApiKey, counts: { stored: number; refused: number; lastRefusal?: string | undefined }): void;
  /** Writes down what was counted. */
  close(): Promise<void>;
}

/**
 * The few keys there are, kept in memory. They are read again in the background when they are two seconds old, and
 * before anything else when they are ten: that is the longest that a revoked key goes on working. Guessing costs
 * no reads beyond two a second. `failed` hears of what could not be written down.
 */
export function makeKeyring(
  keys: Pick<KeyStore, 'list' | 'used'>,
  failed: (error: unknown) => void,
  now: () => number = Date.now,
): Keyring {
  let known = new Map<string, StoredKey>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = () => {
    reading ??= keys
      .list()
      .then((list) => {
        known = new Map(list.filter((key) => key.revokedAt === undefined).map((key) => [key.id, key]));
        readAt = now();
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const uses = makeUses(keys, failed, now);
  return {
    check: async (secret) => {
      const id = keyIdOf(secret);
      if (id === undefined) return undefined;
      const age = now() - readAt;
      if (age > USABLE_MS || (age > ASK_AGAIN_MS && !known.has(id))) await read();
      else if (age > FRESH_MS) read().catch(failed);
      const key = known.get(id);
      return key !== undefined && fits(secret, key) ? key : undefined;
    },
    note: uses.note,
    close: uses.close,
  };
}

function makeUses(keys: Pick<KeyStore, 'used'>, failed: (error: unknown) => void, now: () => number) {
  let uses = new Map<string, KeyUse>();
  let timer: NodeJS.Timeout | undefined;
  const write = async () => {
    clearTimeout(timer);
    timer = undefined;
    const written = [...uses.values()];
    uses = new Map();
    if (written.length > 0) await keys.used(written).catch(failed);
  };
  const note: Keyring['note'] = ({ id, name }, { stored, refused, lastRefusal }) => {
    const before = uses.get(id);
    uses.set(id, {
      id,
      name,
      at: now(),
      stored: (before?.stored ?? 0) + stored,
      refused: (before?.refused ?? 0) + refused,
      lastRefusal: lastRefusal ?? before?.lastRefusal,
    });
    timer ??= setTimeout(write, WRITE_DOWN_MS).unref();
  };
  return { note, close: write };
}
