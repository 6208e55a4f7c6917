import { DearError } from '../../errors.ts';
import type { Intake } from '../intake.ts';
import { mergeRows } from '../merge.ts';
import type { EventStore } from '../port.ts';
import type { Retention } from '../retention.ts';
import { sourceOfFile } from '../sources.ts';
import { KEY_TAKEN, type StatedCounts, StatedEvents } from '../stated-events.ts';
import type { MeantTopic } from './consent-rows.ts';
import { csvRows } from './csv.ts';
import { eventReader, type ImportedEvent } from './event-rows.ts';
import { erasedByIds, type Identifying, resolveRows } from './external-ids.ts';
import { jsonlRows } from './jsonl.ts';
import { type Lines, linesOf } from './lines.ts';
import type { EventMapping, ProfileMapping } from './mapping.ts';
import { ERASED, type ProfileTarget, personKeys, writeProfiles } from './profile-batches.ts';
import { profileReader } from './profile-rows.ts';
import type { Rows } from './record.ts';
import { RefusedFile, type RefusedFolders } from './refused-file.ts';
import { type Gathering, gathered, type ImportCounts, runImport, type Steps, type Written } from './run.ts';
import { openSource, type Source } from './source.ts';

export interface ImportOptions extends RefusedFolders {
  /** Path of a CSV or JSON Lines file, or `-` for standard input. */
  readonly path: string;
  readonly input?: AsyncIterable<Buffer | string> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes read, of how many (undefined for standard input). */
  readonly onProgress?: ((read: number, size: number | undefined) => void) | undefined;
  readonly clock?: (() => number) | undefined;
  /** Needed by rows with external ids. */
  readonly identities?: Identifying | undefined;
  /** Needed by profiles that have no address. */
  readonly intake?: Pick<Intake, 'take'> | undefined;
  /** Tells misspelt names of topics; without it every name is one. */
  readonly meantTopic?: MeantTopic | undefined;
}

export interface ImportReport extends ImportCounts {
  readonly file: string;
  readonly refusedFile: string | undefined;
}

/**
 * Imports profiles. Rows for an address that is known are merged into its profile, key by key, and of several
 * rows in the file the last wins. Rows near each other (5,000 addresses) become one before they are stored,
 * so that a file which contradicts itself is not taken for a change each time it is imported. Who has no address
 * is known by external ids.
 * @throws DearError when the file cannot be read or does not fit the mapping; never because of a row
 */
export async function importProfiles(
  store: ProfileTarget,
  mapping: ProfileMapping,
  options: ImportOptions,
): Promise<ImportReport> {
  // A file that Dear exported holds them without being told of them.
  const identities = identitiesFor(mapping.externalIds !== undefined || mapping.guarded === true, options);
  return withRows(mapping, options, (input) =>
    runImport({
      ...input,
      kept: () => store.kept(),
      read: profileReader(mapping, input.rows.shape, sourceOfFile(input.name), options.meantTopic),
      gather: () =>
        gathered((batch, now) => writeProfiles({ store, identities, intake: options.intake }, batch, now), {
          key: personKeys(),
          merge: mergeRows,
        }),
    }),
  );
}

/**
 * Imports events. Each counts once, by its key. An address that no profile has gets a bare profile, without
 * consent, unless the mapping says `profiles: refuse`.
 * @throws DearError when the file cannot be read or does not fit the mapping; never because of a row
 */
export async function importEvents(
  stores: { events: Pick<EventStore, 'addStated' | 'kept'>; retention: Pick<Retention, 'tooOld'> },
  mapping: EventMapping,
  options: ImportOptions,
): Promise<ImportReport> {
  const identities = identitiesFor(mapping.externalIds !== undefined, options);
  return withRows(mapping, options, (input) =>
    runImport({
      ...input,
      kept: () => stores.events.kept(),
      read: eventReader(mapping, input.rows.shape, stores.retention),
      gather: () => gatherEvents({ ...stores, identities }, (mapping.profiles ?? 'create') === 'create'),
    }),
  );
}

/** @throws DearError `import.identities` when rows may hold external ids and nobody can tell whose they are */
function identitiesFor(holdsIds: boolean, options: ImportOptions): Identifying | undefined {
  if (!holdsIds) return undefined;
  if (options.identities !== undefined) return options.identities;
  throw new DearError('import.identities', 'External ids cannot be imported here.', { kind: 'usage' });
}

type EventStores = Parameters<typeof importEvents>[0] & { readonly identities: Identifying | undefined };

function gatherEvents({ events, identities }: EventStores, create: boolean): Gathering<ImportedEvent> {
  if (identities !== undefined)
    return gathered((batch, now) => writeNamed(events, identities, batch, create, now));
  const all = new StatedEvents();
  return {
    add: (event) => {
      all.add(event);
      return 'new';
    },
    write: async (now) => {
      const { nobody, others, ...counts } = await events.addStated(all, create, now);
      const reason = (isErased: boolean) => (isErased ? ERASED : 'no profile has its e-mail address');
      return {
        ...writtenOf(counts),
        refused: [
          ...nobody.map(({ place, isErased }) => ({ place, reason: reason(isErased) })),
          ...others.map((place) => ({ place, reason: KEY_TAKEN })),
        ],
      };
    },
  };
}

/** Events of people who are named by external ids. */
async function writeNamed(
  events: Pick<EventStore, 'addStated'>,
  identities: Identifying,
  batch: readonly ImportedEvent[],
  create: boolean,
  now: number,
): Promise<Written> {
  const resolved = await resolveRows(identities, batch, { create, by: 'dear events import' }, now);
  const stated = new StatedEvents();
  const places: number[] = [];
  const found: number[] = [];
  for (const [place, event] of batch.entries()) {
    const profileId = resolved.ids[place];
    if (profileId === undefined) places.push(place);
    else {
      stated.add({ ...event, whose: profileId });
      found.push(place);
    }
  }
  const erased = await erasedByIds(
    identities,
    batch.filter((_, place) => resolved.ids[place] === undefined),
  );
  const reasonOf = (event: ImportedEvent | undefined) =>
    event !== undefined && erased.has(event)
      ? ERASED
      : `no profile has its ${event?.whose === '' ? 'external ids' : 'e-mail address'}`;
  const counts = await events.addStated(stated, create, now);
  return {
    ...writtenOf({ ...counts, profilesAdded: resolved.added }),
    refused: [
      ...places.map((place) => ({ place, reason: reasonOf(batch[place]) })),
      ...counts.others.map((index) => ({ place: found[index] ?? 0, reason: KEY_TAKEN })),
    ],
  };
}

function writtenOf({ added, duplicates, restated, profilesAdded }: Omit<StatedCounts, 'nobody' | 'others'>) {
  return { added, updated: 0, unchanged: duplicates, restated, profilesAdded };
}

/** What every mapping says about reading the file. */
type Reading = Pick<ProfileMapping, 'format' | 'delimiter' | 'encoding' | 'guarded'>;

type Input = Omit<Steps<unknown>, 'read' | 'gather' | 'kept'> & { readonly name: string };

/** Opens the file, and closes it whatever comes of the work. */
export async function withRows(
  mapping: Reading,
  options: ImportOptions,
  work: (input: Input) => Promise<ImportCounts>,
): Promise<ImportReport> {
  const source = await openSource(options.path, mapping.encoding ?? 'utf-8', options.input);
  try {
    const rows = await rowsOf(source, mapping, options.path);
    const refused = new RefusedFile(options.path, options, rows.shape);
    const counts = await work({
      name: source.name,
      rows,
      refused,
      clock: options.clock ?? Date.now,
      signal: options.signal,
      onProgress: () => options.onProgress?.(source.bytesRead(), source.size),
    });
    return { file: source.name, refusedFile: refused.path, ...counts };
  } finally {
    source.close();
  }
}

async function rowsOf(source: Source, mapping: Reading, path: string): Promise<Rows> {
  const named = /\.(csv|tsv|txt|jsonl|ndjson|json)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  const { lines, first } = await peek(linesOf(source.chunks));
  const format = mapping.format ?? formatOf(named, first);
  if (format === 'jsonl') return jsonlRows(lines);
  return csvRows(lines, source.name, mapping.delimiter, mapping.guarded);
}

/** A name that says nothing leaves it to the first line: a JSON object, or the header of a CSV file. */
function formatOf(ending: string | undefined, first: string): 'csv' | 'jsonl' {
  if (ending !== undefined) return ending.includes('json') ? 'jsonl' : 'csv';
  return first.startsWith('{') && first.endsWith('}') ? 'jsonl' : 'csv';
}

/** The first line that is not blank, without taking it away. */
async function peek(blocks: AsyncIterable<Lines>): Promise<{ lines: AsyncIterable<Lines>; first: string }> {
  const iterator = blocks[Symbol.asyncIterator]();
  const head = await iterator.next();
  const lines = async function* (): AsyncGenerator<Lines> {
    try {
      for (let next = head; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  const first = head.done ? undefined : head.value.texts.find((text) => text.trim() !== '');
  return { lines: lines(), first: first?.trim() ?? '' };
}
