import { closestMatch } from 'leven';

/** No name of ours is longer; what is cannot be meant. */
const LONGEST = 60;

/** The one of `known` that `word` was most likely meant to be, or undefined when none is near. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.slice(0, LONGEST).toLowerCase();
  const candidates = new Map<string, string>();
  for (const candidate of known) {
    const plain = candidate.toLowerCase();
    if (!candidates.has(plain)) candidates.set(plain, candidate);
  }
  const maxDistance = Math.max(1, Math.floor(wanted.length / 3));
  const found = closestMatch(wanted, [...candidates.keys()], { maxDistance });
  return found === undefined ? undefined : candidates.get(found);
}
