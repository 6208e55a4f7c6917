import type { RowStep } from './database.ts';
import { dropConsent, giveConsent } from './merge-statements.ts';

/** What a profile said last about a topic. */
export interface HeldConsent {
  readonly profileId: number;
  readonly topic: string;
  readonly state: string;
  readonly at: number;
}

/**
 * Moves consent. Of two statements about a topic the one that is no agreement stands, and no older agreement can
 * undo it: it counts from the later moment of the two.
 */
export function moveConsents(
  pairs: readonly { readonly survivor: number; readonly merged: number }[],
  held: readonly HeldConsent[],
): RowStep[] {
  const byProfile = new Map<number, HeldConsent[]>();
  for (const one of held) byProfile.set(one.profileId, [...(byProfile.get(one.profileId) ?? []), one]);
  const dropped: [number, string][] = [];
  const given: [number, string, number, number][] = [];
  for (const { survivor, merged } of pairs) {
    const own = new Map(byProfile.get(survivor)?.map((one) => [one.topic, one]));
    for (const other of byProfile.get(merged) ?? []) {
      const mine = own.get(other.topic);
      if (mine === undefined) {
        given.push([merged, other.topic, survivor, other.at]);
        continue;
      }
      const stays = isStricter(other, mine) ? other : mine;
      dropped.push([stays === mine ? merged : survivor, other.topic]);
      const at = stays.state === 'in' || mine.state === other.state ? stays.at : Math.max(mine.at, other.at);
      given.push([stays.profileId, other.topic, survivor, at]);
    }
  }
  return [
    { statement: dropConsent, rows: dropped },
    { statement: giveConsent, rows: given },
  ];
}

/** Whatever is not known to be an agreement counts as none; of two of a kind the newer one stands. */
function isStricter(one: HeldConsent, other: HeldConsent): boolean {
  const care = ({ state }: HeldConsent) => (state === 'in' ? 0 : state === 'pending' ? 1 : 2);
  return care(one) === care(other) ? one.at > other.at : care(one) > care(other);
}
