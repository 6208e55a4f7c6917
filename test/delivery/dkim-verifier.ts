import { createHash, createPublicKey, verify } from 'node:crypto';

/**
 * A verifier written from the text of RFC 6376 §6 and RFC 8463, for tests: slow, plain strings, and nothing
 * shared with the signer. `publicKey` is PEM.
 */
export function dkimVerdict(
  letter: Buffer,
  publicKey: string,
): 'pass' | 'body differs' | 'signature differs' {
  const raw = letter.toString('latin1');
  const headEnd = raw.indexOf('\r\n\r\n');
  const fields = raw
    .slice(0, headEnd + 2)
    .replace(/\r\n([ \t])/g, '\u0001$1')
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('\u0001', '\r\n'));
  const signature = fields.find((field) => /^dkim-signature:/i.test(field));
  if (signature === undefined) throw new Error('The letter is not signed.');
  const tags = tagsOf(signature.slice(signature.indexOf(':') + 1));

  const body = relaxedBody(raw.slice(headEnd + 4));
  if (createHash('sha256').update(body, 'latin1').digest('base64') !== tags.get('bh')) return 'body differs';

  const remaining = [...fields];
  let signed = '';
  for (const name of (tags.get('h') ?? '').split(':')) {
    const place = remaining.findLastIndex((field) =>
      field.toLowerCase().startsWith(`${name.toLowerCase()}:`),
    );
    if (place >= 0) signed += `${relaxedField(remaining.splice(place, 1)[0] ?? '')}\r\n`;
  }
  // §3.7: the signature's own field comes last, its b= emptied, without CRLF.
  signed += relaxedField(signature.replace(/([;\s]b=)[^;]*/, '$1'));
  return signatureHolds(signed, tags, publicKey) ? 'pass' : 'signature differs';
}

export function tagsOf(value: string): Map<string, string> {
  return new Map(
    value.split(';').map((tag) => {
      const equals = tag.indexOf('=');
      return [tag.slice(0, equals).trim(), tag.slice(equals + 1).replace(/\s+/g, '')];
    }),
  );
}

function signatureHolds(signed: string, tags: Map<string, string>, publicKey: string): boolean {
  const key = createPublicKey(publicKey);
  const value = Buffer.from(tags.get('b') ?? '', 'base64');
  const data = Buffer.from(signed, 'latin1');
  if (tags.get('a') === 'rsa-sha256') return verify('sha256', data, key, value);
  return verify(null, createHash('sha256').update(data).digest(), key, value);
}

function relaxedField(field: string): string {
  const colon = field.indexOf(':');
  const value = field
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replace(/[ \t]+/g, ' ')
    .trim();
  return `${field.slice(0, colon).toLowerCase().trimEnd()}:${value}`;
}

function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}
