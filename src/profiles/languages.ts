/** No tag of a language is longer; what is cannot be one. */
const LONGEST_TAG = 35;

/** A language as it is usually written: `de-AT`, also for `de_at`; undefined for what is none. */
export function languageTag(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length > LONGEST_TAG) return undefined;
  try {
    return Intl.getCanonicalLocales(given.trim().replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** The one of `available` that a tag means: itself, its language without the region, or another region's. */
export function languageAmong(available: readonly string[], wanted: unknown): string | undefined {
  const whole = languageTag(wanted)?.toLowerCase() ?? '';
  for (let tag = whole; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    const found = available.find((one) => one.toLowerCase() === tag);
    if (found !== undefined) return found;
  }
  const elsewhere = `${whole.split('-', 1)[0]}-`;
  return available.find((one) => one.toLowerCase().startsWith(elsewhere));
}
