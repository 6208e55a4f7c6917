import { hash } from 'node:crypto';

interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/** A number in [0, 1) that is always the same for the same words; the words should name the purpose too. */
export function share(...words: readonly (string | number)[]): number {
  const digest = hash('sha256', words.join('\u0000'), 'buffer');
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** Whether this profile is held out of this campaign, always the same answer for the same campaign. */
export function isHeldOut(campaign: string, profileId: number, holdout: number): boolean {
  return holdout > 0 && share('holdout', campaign, profileId) < holdout;
}

/**
 * The variant that this profile gets in this campaign: a stable hash against the weights, so that planning
 * again, on any machine, gives everyone the same one.
 */
export function variantFor<V extends Weighted>(
  campaign: string,
  profileId: number,
  variants: readonly V[],
): V {
  const [only] = variants;
  if (only !== undefined && variants.length === 1) return only;
  const total = variants.reduce((sum, variant) => sum + variant.weight, 0);
  let left = share('variant', campaign, profileId) * total;
  for (const variant of variants) {
    left -= variant.weight;
    if (left < 0) return variant;
  }
  const last = variants.at(-1);
  if (last === undefined) throw new RangeError('a campaign has at least one variant');
  return last;
}
