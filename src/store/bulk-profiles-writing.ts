import type Sqlite from 'better-sqlite3';
import type { ConsentChange } from '../profiles/consent.ts';
import type { JsonObject } from '../profiles/json.ts';
import type { ChangeCounts, ProfileChange } from '../profiles/port.ts';
import { BulkConsents } from './bulk-consents-writing.ts';
import { BulkExternalIds } from './bulk-external-ids.ts';
import { BETWEEN, type PackedProfiles, unpackedTexts } from './bulk-packing.ts';
import type { BulkPeople } from './bulk-people.ts';
import { bulkRow, type ProfileRow, preferenceColumns, profileOf } from './profile-columns.ts';
import { applyChanges, type Draft, draftsOf } from './profile-drafts.ts';
import { consentState } from './standing.ts';

/** A change of a batch, whose attributes are read only if they have to be. */
interface Entry {
  readonly email: string;
  readonly attributes: string;
  /** Its attributes remove some, so that a new profile does not get them as they are. */
  readonly isRemoving: boolean;
  readonly place: number;
  /** Its statements about consent: from where to where in the packed ones. */
  readonly from: number;
  readonly to: number;
}

/** Does what `ProfileStore.upsertMany` says, in the thread for bulk work and in a transaction. */
export function profilesWriter(handle: Sqlite.Database, people: BulkPeople) {
  const writer = new ProfilesWriter(handle, people);
  const ids = new BulkExternalIds(handle, people);
  return (packed: PackedProfiles): ChangeCounts | undefined => {
    people.begin();
    const fresh = ids.freshOf(packed);
    if (fresh === undefined) return undefined;
    const counts = writer.write(packed);
    ids.add(fresh, packed.now);
    return counts;
  };
}

class ProfilesWriter {
  readonly #people: BulkPeople;
  readonly #consents: BulkConsents;
  readonly #addPlain: Sqlite.Statement;
  readonly #add: Sqlite.Statement;
  readonly #read: Sqlite.Statement;
  readonly #peek: Sqlite.Statement;
  readonly #overwrite: Sqlite.Statement;
  /** Whether the last address was known: the next one of a file mostly is what the last one was. */
  #expectsKnown = false;

  constructor(handle: Sqlite.Database, people: BulkPeople) {
    this.#people = people;
    this.#consents = new BulkConsents(handle);
    this.#addPlain = handle.prepare(`INSERT INTO profiles (email, attributes, created_at, updated_at)
      VALUES (?, ?, ?, ?) ON CONFLICT (email) DO NOTHING`);
    this.#add =
      handle.prepare(`INSERT INTO profiles (email, attributes, time_zone, frequency_max, frequency_per,
      quiet_from, quiet_to, paused_until, important_only, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#read =
      handle.prepare(`SELECT id AS id, email AS email, attributes AS attributes, time_zone AS timeZone,
      frequency_max AS frequencyMax, frequency_per AS frequencyPer, quiet_from AS quietFrom, quiet_to AS quietTo,
      paused_until AS pausedUntil, important_only AS importantOnly, created_at AS createdAt, updated_at AS updatedAt
      FROM profiles WHERE email = ?`);
    this.#peek = handle.prepare('SELECT id, attributes FROM profiles WHERE email = ?').raw();
    this.#overwrite = handle.prepare(`UPDATE profiles SET attributes = ?, time_zone = ?, frequency_max = ?,
      frequency_per = ?, quiet_from = ?, quiet_to = ?, paused_until = ?, important_only = ?, updated_at = ?
      WHERE id = ?`);
  }

  write(packed: PackedProfiles): ChangeCounts {
    this.#consents.begin();
    const counts = { added: 0, updated: 0, unchanged: 0 };
    const erased = new Set<string>();
    const entries = entriesOf(packed, this.#people);
    for (let at = 0; at < entries.length; ) {
      const [first, end] = [entries[at], endOfSame(entries, at)];
      if (first === undefined) break;
      if (this.#people.isErased(first.email)) erased.add(first.email);
      else if (end > at + 1 || !this.#takeOne(first, packed, counts))
        this.#take(entries.slice(at, end), packed, counts);
      at = end;
    }
    this.#consents.end();
    return erased.size === 0 ? counts : { ...counts, erased };
  }

  /** The short way, for a plain new profile and for one that stays as it is; false when it is not enough. */
  #takeOne(entry: Entry, packed: PackedProfiles, counts: { added: number; unchanged: number }): boolean {
    if (packed.preferences.has(entry.place) || entry.isRemoving || entry.to - entry.from > 1) return false;
    if (entry.to > entry.from && (packed.consents.moments[entry.from] ?? 0) > packed.now) return false;
    if (this.#expectsKnown) {
      // The statement is raw: the id and the text of the attributes.
      const [id, attributes] = (this.#peek.get(entry.email) as [number, string] | undefined) ?? [];
      this.#expectsKnown = id !== undefined;
      if (id === undefined || attributes !== entry.attributes) return false;
      const isNews = () => !this.#consents.isKnown(id, consentAt(packed, entry.from), packed.now);
      if (entry.to > entry.from && isNews()) return false;
      counts.unchanged += 1;
      return true;
    }
    const { email, attributes } = entry;
    const { changes, lastInsertRowid } = this.#addPlain.run(email, attributes, packed.now, packed.now);
    this.#expectsKnown = changes === 0;
    if (changes === 0) return false;
    if (entry.to > entry.from) this.#consents.addFirst(Number(lastInsertRowid), packed, entry.from);
    counts.added += 1;
    return true;
  }

  /** All that is said about one address. */
  #take(
    entries: readonly Entry[],
    packed: PackedProfiles,
    counts: { added: number; updated: number; unchanged: number },
  ): void {
    const [draft] = draftsOf(entries.map((entry) => changeOf(entry, packed))).values();
    if (draft === undefined) return;
    const row = this.#rowOf(draft.email);
    if (row !== undefined) this.#prepare(draft, row);
    applyChanges(draft, counts, packed.now);
    if (row === undefined) draft.id = Number(this.#add.run(...rowOf(draft, packed.now)).lastInsertRowid);
    else if (draft.state !== draft.before) this.#overwrite.run(...changedOf(draft, packed.now), row.id);
    if (draft.id !== undefined) this.#consents.save(draft.id, draft.standing);
  }

  #prepare(draft: Draft, row: TextRow): void {
    draft.id = row.id;
    draft.before = profileOf({ ...row, attributes: JSON.parse(row.attributes) });
    draft.state = draft.before;
    if (draft.changes.some((change) => change.consents.length > 0)) {
      draft.standing = this.#consents.standingOf(row.id);
    }
  }

  #rowOf(email: string): TextRow | undefined {
    // The statement names its columns after the row's own fields.
    return this.#read.get(email) as TextRow | undefined;
  }
}

type TextRow = Omit<ProfileRow, 'attributes'> & { readonly attributes: string };

const rowOf = (draft: Draft, now: number) => bulkRow(draft.email, draft.state, now);

function changedOf(draft: Draft, now: number) {
  const { timeZone, frequencyMax, frequencyPer, quietFrom, quietTo, pausedUntil, importantOnly } =
    preferenceColumns(draft.state);
  const attributes = JSON.stringify(draft.state.attributes);
  const chosen = [timeZone, frequencyMax, frequencyPer, quietFrom, quietTo, pausedUntil, importantOnly];
  return [attributes, ...chosen, now];
}

/** The changes in the order of the addresses that their profiles have now; of one address in their own order. */
function entriesOf(packed: PackedProfiles, people: BulkPeople): Entry[] {
  const emails = unpackedTexts(packed.emails);
  const attributes = packed.attributes.split(BETWEEN);
  const removing = new Set(packed.removing);
  const { changes } = packed.consents;
  let from = 0;
  const entries = emails.map((given, place): Entry => {
    let to = from;
    while (changes[to] === place) to += 1;
    const email = people.hasFormer ? people.current(given) : given;
    const entry = {
      email,
      attributes: attributes[place] ?? '{}',
      isRemoving: removing.has(place),
      place,
      from,
      to,
    };
    from = to;
    return entry;
  });
  return entries.sort((a, b) => (a.email < b.email ? -1 : a.email > b.email ? 1 : 0));
}

function endOfSame(entries: readonly Entry[], at: number): number {
  const email = entries[at]?.email;
  let end = at + 1;
  while (end < entries.length && entries[end]?.email === email) end += 1;
  return end;
}

function changeOf(entry: Entry, packed: PackedProfiles): ProfileChange {
  const consents: ConsentChange[] = [];
  for (let at = entry.from; at < entry.to; at += 1) consents.push(consentAt(packed, at));
  return {
    ...packed.preferences.get(entry.place),
    email: entry.email,
    // It was made from such an object on the other side.
    attributes: JSON.parse(entry.attributes) as JsonObject,
    consents,
  };
}

function consentAt({ consents }: PackedProfiles, at: number): ConsentChange {
  const text = (column: Int32Array) => consents.texts[column[at] ?? -1];
  const moment = consents.moments[at] ?? Number.NaN;
  return {
    topic: text(consents.topics) ?? '',
    state: consentState(text(consents.states) ?? ''),
    at: Number.isNaN(moment) ? undefined : moment,
    source: text(consents.sources) ?? '',
    wording: text(consents.wordings),
    proof: text(consents.proofs),
  };
}
