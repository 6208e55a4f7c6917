import { programOf } from '../content/program.ts';
import { parseLetterSource } from '../content/source.ts';
import type { Letterpress } from './assembly.ts';

const KEPT = 200;

/**
 * Letterpresses by the hash of their source: read from the ledger and prepared once in a process.
 * @param source reads a stored source by its hash
 */
export function makePressroom(
  source: (hash: string) => Promise<unknown>,
): (hash: string) => Promise<Letterpress> {
  const kept = new Map<string, Promise<Letterpress>>();
  const prepare = async (hash: string): Promise<Letterpress> => {
    const parsed = parseLetterSource(await source(hash));
    return { source: parsed, program: programOf(parsed) };
  };
  return (hash) => {
    const known = kept.get(hash);
    if (known !== undefined) return known;
    if (kept.size >= KEPT) kept.clear();
    const fresh = prepare(hash);
    kept.set(hash, fresh);
    fresh.catch(() => kept.delete(hash));
    return fresh;
  };
}
