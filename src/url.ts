/**
 * The URL that a text is, undefined when it is none. Not by `URL.canParse`: once it is hot, Node 20's takes addresses
 * with é in them for broken ones.
 */
export function urlOf(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
