/** More than any honest mail has, a digest of a mailing list among them. */
const MOST_PARTS = 2000;

/** `boundary=`, also in the pieces of RFC 2231 §3 (`boundary*0=`). */
const BOUNDARY = /\bboundary(\*\d{0,3}\*?)?\s{0,9}=\s{0,9}(?:"([^"\r\n]{1,200})"|([^\s";]{1,200}))/gi;
const DELIMITER = /^--(.{1,210})$/gm;

/**
 * Whether a mail may have so many parts that taking it apart takes minutes and gigabytes: each costs as much as a small
 * mail, and ten megabytes have room for a million.
 */
export function hasTooManyParts(raw: Uint8Array): boolean {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  const boundaries = new Set<string>();
  let declared = 0;
  let isInPieces = false;
  for (const [, piece, quoted, plain] of text.matchAll(BOUNDARY)) {
    declared += 1;
    if (declared > MOST_PARTS) return true;
    isInPieces ||= piece !== undefined;
    boundaries.add((quoted ?? plain ?? '').trimEnd());
  }
  if (declared === 0) return false;
  let parts = 0;
  for (const [, rest = ''] of text.matchAll(DELIMITER)) {
    const name = rest.trimEnd();
    // A boundary in pieces is not put together: any line may be one then.
    if (isInPieces || boundaries.has(name) || boundaries.has(name.replace(/--$/, ''))) parts += 1;
    if (parts > MOST_PARTS) return true;
  }
  return false;
}
