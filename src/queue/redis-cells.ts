import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { DearError } from '../errors.ts';
import type { Cell, Cells } from './cells.ts';
import { unreachable } from './unreachable.ts';
import { within } from './within.ts';

const DAY_MS = 86_400_000;
const ANSWER_MS = 10_000;
/** So many others may be quicker before it is given up; one of them succeeds each time. */
const MOST_ROUNDS = 500;

/**
 * In: the cells' keys. Out: the server's time in ms, then the values, false where there is none.
 */
const READ = `
local time = redis.call('TIME')
local values = redis.call('MGET', unpack(KEYS))
table.insert(values, 1, time[1] * 1000 + math.floor(time[2] / 1000))
return values`;

/**
 * In: the cells' keys, then the key of the index. Arguments: the age (ms) at which a cell goes away, the rank below
 * which the index forgets; then for each cell its name, the value that it must still have ('' for none), the value to
 * write ('' for none) and its rank (0 for not in the index). Out: 1 when all was as expected and is written, else 0,
 * and nothing is.
 */
const WRITE = `
local index = KEYS[#KEYS]
for i = 1, #KEYS - 1 do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[i * 4] then return 0 end
end
for i = 1, #KEYS - 1 do
  local value, rank = ARGV[i * 4 + 1], ARGV[i * 4 + 2]
  if value ~= '' then
    redis.call('SET', KEYS[i], value, 'PX', ARGV[1])
    if rank == '0' then redis.call('ZREM', index, ARGV[i * 4 - 1])
    else redis.call('ZADD', index, rank, ARGV[i * 4 - 1]) end
  end
end
redis.call('ZREMRANGEBYSCORE', index, '-inf', ARGV[2])
return 1`;

/** In: the key of the index. Argument: an age, ms. Out: the names of the cells whose rank is younger. */
const RECENT = `
local time = redis.call('TIME')
local since = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. since, '+inf')`;

/** Cells in Redis, under keys that begin with `prefix`. `place` is what errors call it. */
export function redisCells(client: Redis, prefix: string, place: string): Cells {
  return new RedisCells(client, prefix, place);
}

class RedisCells implements Cells {
  readonly #client: Redis;
  readonly #prefix: string;
  readonly #place: string;
  /** One change at a time in this process, so that only other processes can be quicker. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: Redis, prefix: string, place: string) {
    this.#client = client;
    this.#prefix = prefix;
    this.#place = place;
  }

  change<T extends { readonly cells: ReadonlyMap<string, Cell> }>(
    names: readonly string[],
    decide: (values: ReadonlyMap<string, string>, now: number) => T,
  ): Promise<T> {
    const mine = this.#last.then(() => this.#change([...new Set(names)], decide));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async recent(withinMs: number): Promise<ReadonlyMap<string, string>> {
    const names = texts(await this.#ask(this.#client.eval(RECENT, 1, this.#index, withinMs)));
    if (names.length === 0) return new Map();
    const values = await this.#ask(this.#client.mget(names.map((name) => this.#key(name))));
    return zipped(names, values);
  }

  async #change<T extends { readonly cells: ReadonlyMap<string, Cell> }>(
    names: readonly string[],
    decide: (values: ReadonlyMap<string, string>, now: number) => T,
  ): Promise<T> {
    const keys = names.map((name) => this.#key(name));
    for (let round = 1; round <= MOST_ROUNDS; round += 1) {
      const answer = await this.#ask(this.#client.eval(READ, keys.length, ...keys));
      const [time, ...found] = Array.isArray(answer) ? answer : [];
      const now = Number(time);
      const values = zipped(names, found);
      const decided = decide(values, now);
      if (decided.cells.size === 0 || (await this.#write(names, values, decided.cells, now))) return decided;
      await wait(Math.random() * Math.min(round, 20));
    }
    throw new DearError('queue.contended', `Too many processes change the limits at ${this.#place} at once.`);
  }

  async #write(
    names: readonly string[],
    before: ReadonlyMap<string, string>,
    cells: ReadonlyMap<string, Cell>,
    now: number,
  ): Promise<boolean> {
    const keys = [...names.map((name) => this.#key(name)), this.#index];
    const rows = names.flatMap((name) => {
      const { value = '', rank = 0 } = cells.get(name) ?? {};
      return [name, before.get(name) ?? '', value, String(Math.floor(rank))];
    });
    const written = this.#client.eval(WRITE, keys.length, ...keys, DAY_MS, now - DAY_MS, ...rows);
    return (await this.#ask(written)) === 1;
  }

  get #index(): string {
    return `${this.#prefix}:cells`;
  }

  #key(name: string): string {
    return `${this.#prefix}:cell:${name}`;
  }

  async #ask<T>(answer: Promise<T>): Promise<T> {
    const late = () => new Error(`no answer within ${ANSWER_MS / 1000} s`);
    return within(ANSWER_MS, answer, late).catch((error) => {
      throw unreachable(this.#place, error);
    });
  }
}

const texts = (answer: unknown) => (Array.isArray(answer) ? answer.map(String) : []);

function zipped(names: readonly string[], values: readonly unknown[]): Map<string, string> {
  return new Map(
    names.flatMap((name, index) => {
      const value = values[index];
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  );
}
