import { setImmediate as breathe } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { definitionOf, type TraitSettings } from '../profiles/trait-settings.ts';
import type { FoldOptions } from '../profiles/traits.ts';
import type { Database, Store } from './database.ts';
import { COMPLETE, figuresQuery, ORDERS } from './trait-sql.ts';

/** So many profiles a transaction: some milliseconds of the writer. */
const PROFILES_A_CHUNK = 500;
const MARKS_A_CHUNK = 2000;
/** With more marks than this a profile, most profiles have some, and many have several. */
const MANY_A_PROFILE = 0.25;
/** How many ids of profiles lie in what is folded together then, and so many such blocks are found in one reading. */
const IDS_A_BLOCK = 1000;
const BLOCKS_A_READING = 20;

/** Ids of marks that are folded together. */
type Block = readonly number[];

/** Brings the table `traits` up to date with the events: see `TraitStore.fold`. */
export async function foldTraits(
  store: Store,
  settings: TraitSettings,
  { signal, budgetMs = Number.POSITIVE_INFINITY }: FoldOptions = {},
): Promise<boolean> {
  const until = performance.now() + budgetMs;
  let blocks: Block[] = [];
  while (signal?.aborted !== true) {
    if (blocks.length === 0 && (await areMany(store))) blocks = await readBlocks(store);
    const block = blocks.pop();
    // Figures that a power cut takes back are taken back with the marks that asked for them.
    const more = await store.hasty.transaction((tx) => foldChunk(tx, settings, block));
    if (more !== 'more') return more === 'nothing';
    if (performance.now() >= until) return false;
    await breathe();
  }
  return false;
}

/** As after a big import; told by the numbers of rows, since counting them takes longer. */
async function areMany(db: Database): Promise<boolean> {
  const [row] = await db.rows<{ marks: number | null; profiles: number | null }>(sql`
    SELECT (SELECT max(id) FROM trait_marks) - (SELECT min(id) FROM trait_marks) AS marks,
      (SELECT max(id) FROM profiles) AS profiles`);
  const marks = row?.marks ?? 0;
  return marks > 2 * MARKS_A_CHUNK && marks > (row?.profiles ?? 0) * MANY_A_PROFILE;
}

/**
 * The marks of the profiles beside the oldest mark's, all that each of them has. To read all marks for that is the
 * lesser evil: in the order of marks a profile would be folded once for each part of a file that its orders came in, and
 * no two of a chunk would share a page.
 */
async function readBlocks(store: Store): Promise<Block[]> {
  const [oldest] = await store.rows<{ profile_id: number }>(
    sql`SELECT profile_id FROM trait_marks ORDER BY id LIMIT 1`,
  );
  const ids = IDS_A_BLOCK * BLOCKS_A_READING;
  const from = Math.floor((oldest?.profile_id ?? 0) / ids) * ids;
  const blocks = new Map<number, number[]>();
  const query = sql`SELECT id, profile_id FROM trait_marks
    WHERE profile_id >= ${from} AND profile_id < ${from + ids}`;
  for await (const rows of store.scan<{ id: number; profile_id: number }>(query)) {
    for (const { id, profile_id: profileId } of rows) {
      const place = Math.floor(profileId / IDS_A_BLOCK);
      const block = blocks.get(place);
      if (block === undefined) blocks.set(place, [id]);
      else block.push(id);
    }
  }
  return [...blocks.values()];
}

/** One step: of the first making of all figures while that lasts, then of what was marked. */
async function foldChunk(
  tx: Database,
  settings: TraitSettings,
  block: Block | undefined,
): Promise<'more' | 'nothing' | 'taken'> {
  const definition = definitionOf(settings);
  await tx.run(
    sql`INSERT INTO trait_state (name, definition, built_to) VALUES (${ORDERS}, ${definition}, 0) ON CONFLICT (name) DO NOTHING`,
  );
  const [mine] = await tx.rows<{ definition: string; built_to: number }>(
    sql`SELECT definition, built_to FROM trait_state WHERE name = ${ORDERS} LIMIT 1 ${tx.phrases.skipLocked()}`,
  );
  if (mine === undefined) return 'taken';
  const from = mine.definition === definition ? mine.built_to : 0;
  if (from < COMPLETE) return buildFrom(tx, settings, from);
  return foldMarks(tx, settings, block);
}

async function buildFrom(tx: Database, settings: TraitSettings, from: number): Promise<'more'> {
  const [row] = await tx.rows<{ last: number | null }>(
    sql`SELECT max(id) AS last FROM (SELECT id FROM profiles WHERE id > ${from} ORDER BY id LIMIT ${PROFILES_A_CHUNK}) chunk`,
  );
  const to = row?.last ?? COMPLETE;
  const range = sql`profile_id > ${from} AND profile_id <= ${to}`;
  await tx.run(sql`DELETE FROM traits WHERE ${range}`);
  // As a list of ids, since SQLite would look for a range of ids in the index that begins with the type.
  const ids = sql`(SELECT id FROM profiles WHERE id > ${from} AND id <= ${to})`;
  await make(tx, settings, sql`e.profile_id IN ${ids}`);
  await tx.run(
    sql`UPDATE trait_state SET definition = ${definitionOf(settings)}, built_to = ${to} WHERE name = ${ORDERS}`,
  );
  return 'more';
}

/** The marks go first: what commits after them, before the figures are read, leaves a mark of its own. */
async function foldMarks(
  tx: Database,
  settings: TraitSettings,
  block: Block | undefined,
): Promise<'more' | 'nothing'> {
  const oldest = sql`(SELECT id FROM trait_marks ORDER BY id LIMIT ${MARKS_A_CHUNK})`;
  const marks = await tx.rows<{ profile_id: number }>(sql`
    DELETE FROM trait_marks WHERE id IN ${block === undefined ? oldest : tx.phrases.numbers(block)}
    RETURNING profile_id`);
  // Of a block another may have folded all.
  if (marks.length === 0) return block === undefined ? 'nothing' : 'more';
  const ids = [...new Set(marks.map((mark) => mark.profile_id))];
  await tx.run(sql`DELETE FROM traits WHERE profile_id IN ${tx.phrases.numbers(ids)}`);
  await make(tx, settings, sql`e.profile_id IN ${tx.phrases.numbers(ids)}`);
  return 'more';
}

async function make(tx: Database, settings: TraitSettings, whose: SQL): Promise<void> {
  await tx.run(sql`
    INSERT INTO traits (profile_id, orders, order_total, first_order_at, last_order_at, first_line_at, last_line_at, latest_at)
    ${figuresQuery(tx.phrases, settings, whose, undefined)}`);
}
