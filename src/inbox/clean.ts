/**
 * Text from outside, made fit to be kept: line ends are \n, no control characters but tab and line feed, no half
 * characters (PostgreSQL refuses both in JSON), and at most `longest` UTF-16 units.
 */
export function cleanText(text: string, longest: number): string {
  const lines = text.slice(0, longest * 2).replace(/\r\n?/g, '\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being removed.
  const plain = lines.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').slice(0, longest);
  return Buffer.from(plain, 'utf8').toString('utf8');
}
