/** A URL that may be shown: without its password, wherever that stands. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) return 'a URL that cannot be read';
  const url = new URL(text);
  if (url.password !== '') url.password = '***';
  if (url.searchParams.has('password')) url.searchParams.set('password', '***');
  return url.toString();
}
