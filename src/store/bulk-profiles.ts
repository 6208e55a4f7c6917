import { DearError } from '../errors.ts';
import type { ConsentChange } from '../profiles/consent.ts';
import type { ChangeCounts, ProfileChange } from '../profiles/port.ts';
import type { PreferencesChange } from '../profiles/preferences.ts';
import {
  BETWEEN,
  type PackedConsents,
  type PackedExternalIds,
  type PackedProfiles,
  packedTexts,
} from './bulk-packing.ts';
import type { Bulk } from './database.ts';
import { Places } from './places.ts';

/** `ProfileStore.upsertMany` by the bulk way of a database. */
export async function loadProfiles(
  bulk: Bulk,
  changes: readonly ProfileChange[],
  now: number,
): Promise<ChangeCounts> {
  const counts = await bulk.profiles({ ...packProfiles(changes, now), externalIds: undefined });
  if (counts === undefined) throw new DearError('store.bulk', 'The database did not write profiles.');
  return counts;
}

/** `ProfileStore.upsertNamed` by the bulk way of a database. */
export function loadNamed(
  bulk: Bulk,
  changes: readonly ProfileChange[],
  now: number,
): Promise<ChangeCounts | undefined> {
  return bulk.profiles({ ...packProfiles(changes, now), externalIds: packExternalIds(changes) });
}

function packExternalIds(changes: readonly ProfileChange[]): PackedExternalIds {
  const places: number[] = [];
  const sources: string[] = [];
  const values: string[] = [];
  for (const [place, { externalIds = [] }] of changes.entries()) {
    for (const { source, value } of externalIds) {
      places.push(place);
      sources.push(source);
      values.push(value);
    }
  }
  return { changes: Int32Array.from(places), sources: packedTexts(sources), values: packedTexts(values) };
}

function packProfiles(changes: readonly ProfileChange[], now: number): Omit<PackedProfiles, 'externalIds'> {
  const emails: string[] = [];
  const attributes: string[] = [];
  const removing: number[] = [];
  const preferences = new Map<number, PreferencesChange>();
  const consents = new ConsentPacker();
  for (let place = 0; place < changes.length; place += 1) {
    const change = changes[place];
    if (change === undefined) break;
    emails.push(change.email);
    attributes.push(JSON.stringify(change.attributes));
    if (holdsNull(change.attributes)) removing.push(place);
    const chosen = chosenIn(change);
    if (chosen !== undefined) preferences.set(place, chosen);
    for (const consent of change.consents) consents.add(place, consent);
  }
  return {
    emails: packedTexts(emails),
    attributes: attributes.join(BETWEEN),
    removing: Int32Array.from(removing),
    preferences,
    consents: consents.packed(),
    now,
  };
}

function holdsNull(attributes: ProfileChange['attributes']): boolean {
  for (const key in attributes) if (attributes[key] === null) return true;
  return false;
}

function chosenIn(change: ProfileChange): PreferencesChange | undefined {
  const { timeZone, frequency, quietHours, pausedUntil } = change;
  // Most rows choose nothing: told before anything is made for them.
  if (
    timeZone === undefined &&
    frequency === undefined &&
    quietHours === undefined &&
    pausedUntil === undefined
  )
    return undefined;
  return {
    ...(timeZone !== undefined && { timeZone }),
    ...(frequency !== undefined && { frequency }),
    ...(quietHours !== undefined && { quietHours }),
    ...(pausedUntil !== undefined && { pausedUntil }),
  };
}

class ConsentPacker {
  readonly #texts = new Places();
  readonly #changes: number[] = [];
  readonly #topics: number[] = [];
  readonly #states: number[] = [];
  readonly #sources: number[] = [];
  readonly #wordings: number[] = [];
  readonly #proofs: number[] = [];
  readonly #moments: number[] = [];

  add(change: number, { topic, state, at, source, wording, proof }: ConsentChange): void {
    const textOf = (text: string | undefined) => (text === undefined ? -1 : this.#texts.of(text));
    this.#changes.push(change);
    this.#topics.push(this.#texts.of(topic));
    this.#states.push(this.#texts.of(state));
    this.#sources.push(this.#texts.of(source));
    this.#wordings.push(textOf(wording));
    this.#proofs.push(textOf(proof));
    this.#moments.push(at ?? Number.NaN);
  }

  packed(): PackedConsents {
    return {
      texts: this.#texts.texts(),
      changes: Int32Array.from(this.#changes),
      topics: Int32Array.from(this.#topics),
      states: Int32Array.from(this.#states),
      sources: Int32Array.from(this.#sources),
      wordings: Int32Array.from(this.#wordings),
      proofs: Int32Array.from(this.#proofs),
      moments: Float64Array.from(this.#moments),
    };
  }
}
