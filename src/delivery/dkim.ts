import { createHash, createPrivateKey, type KeyObject, sign as signData } from 'node:crypto';
import { promisify } from 'node:util';
import { DearError, messageOf } from '../errors.ts';
import { wireDomain } from './address.ts';
import { bodyHash, relaxedField, splitLetter } from './dkim-canonical.ts';

/** Whose signature it is, and the PEM private key, RSA of at least 1024 bits or Ed25519. */
export interface DkimIdentity {
  readonly domain: string;
  readonly selector: string;
  readonly privateKey: string;
}

/** Signs letters. The same bytes give the same signature, so a letter can be shown again byte for byte. */
export interface DkimSigner {
  /** The letter with its DKIM-Signature in front. An RSA key takes most of a millisecond on this thread. */
  sign(letter: Buffer): Buffer;
  /** The same bytes; the RSA arithmetic runs on the thread pool, so the event loop goes on. */
  signAside(letter: Buffer): Promise<Buffer>;
}

/** What the signature covers; RFC 8058 §4 asks for the two of List-Unsubscribe, RFC 6376 §5.4 for the rest. */
const covered = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'Reply-To',
  'MIME-Version',
  'Content-Type',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Id',
] as const;

const signAsync = promisify<string | null | undefined, NodeJS.ArrayBufferView, KeyObject, Buffer>(signData);

/**
 * A DKIM signer after RFC 6376 (rsa-sha256) or RFC 8463 (ed25519-sha256), relaxed/relaxed, without time or
 * expiry. Each covered field is named once more than it occurs, so none can be added later (§5.4.2).
 * @throws DearError `dkim.key`, `dkim.domain` or `dkim.selector` when it could not sign.
 */
export function makeDkimSigner(identity: DkimIdentity): DkimSigner {
  const key = privateKey(identity.privateKey);
  const ed25519 = key.asymmetricKeyType === 'ed25519';
  const tags =
    `v=1; a=${ed25519 ? 'ed25519' : 'rsa'}-sha256; c=relaxed/relaxed; d=${domain(identity.domain)};\r\n` +
    ` s=${selector(identity.selector)};\r\n`;
  const algorithm = ed25519 ? null : 'sha256';
  const prepare = (letter: Buffer) => {
    const unsigned = unsignedField(letter, tags);
    // RFC 8463 §3: Ed25519 signs the hash of the header data, RSA hashes while it signs.
    const data = ed25519 ? createHash('sha256').update(unsigned.data).digest() : unsigned.data;
    return { data, field: unsigned.field };
  };
  return {
    sign: (letter) => {
      const { data, field } = prepare(letter);
      return withField(letter, field, signData(algorithm, data, key));
    },
    signAside: async (letter) => {
      const { data, field } = prepare(letter);
      return withField(letter, field, await signAsync(algorithm, data, key));
    },
  };
}

/** The field up to `b=`, and the data that its signature is over: RFC 6376 §3.7. */
function unsignedField(letter: Buffer, tags: string): { field: string; data: Buffer } {
  const { fields, bodyStart } = splitLetter(letter);
  const names: string[] = [];
  let data = '';
  for (const name of covered) {
    const lower = name.toLowerCase();
    // From the last to the first, as §5.4.2 takes them when a field occurs more than once.
    for (const field of fields.filter((one) => one.name === lower).reverse()) {
      names.push(name);
      data += `${relaxedField(field.name, field.value)}\r\n`;
    }
    names.push(name);
  }
  const value = `${tags} h=${foldedNames(names)};\r\n bh=${bodyHash(letter, bodyStart)};\r\n b=`;
  data += relaxedField('dkim-signature', value);
  return { field: `DKIM-Signature: ${value}`, data: Buffer.from(data, 'latin1') };
}

function foldedNames(names: readonly string[]): string {
  let folded = '';
  let column = 3;
  for (const [place, name] of names.entries()) {
    const text = place === 0 ? name : `:${name}`;
    if (column + text.length > 76) {
      folded += `\r\n  ${text}`;
      column = 2 + text.length;
    } else {
      folded += text;
      column += text.length;
    }
  }
  return folded;
}

function withField(letter: Buffer, field: string, signature: Buffer): Buffer {
  const lines = signature.toString('base64').replace(/.{72}(?=.)/g, '$&\r\n  ');
  const head = Buffer.from(`${field}${lines}\r\n`, 'latin1');
  return Buffer.concat([head, letter], head.length + letter.length);
}

function privateKey(pem: string): KeyObject {
  const key = parsedKey(pem);
  if (key.asymmetricKeyType === 'ed25519') return key;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === 'rsa' && bits >= 1024) return key;
  const what =
    key.asymmetricKeyType === 'rsa' ? `an RSA key of ${bits} bits` : `of the kind ${key.asymmetricKeyType}`;
  throw unusableKey(`is ${what}`);
}

function parsedKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw unusableKey(`cannot be read (${messageOf(cause)})`, cause);
  }
}

function unusableKey(what: string, cause?: unknown): DearError {
  return new DearError('dkim.key', `The DKIM private key ${what}.`, {
    kind: 'usage',
    mend: 'DKIM_KEY_FILE must be an unencrypted PEM private key: RSA of 1024 bits or more (2048 is usual), or Ed25519.',
    cause,
  });
}

function domain(given: string): string {
  const wire = wireDomain(given);
  if (wire !== undefined && !wire.startsWith('[')) return wire;
  throw new DearError('dkim.domain', `The DKIM domain ${JSON.stringify(given)} is not a domain name.`, {
    kind: 'usage',
    mend: 'Set DKIM_DOMAIN to the domain of the From address, for instance shop.example.',
  });
}

function selector(given: string): string {
  if (
    /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(given)
  ) {
    return given;
  }
  throw new DearError('dkim.selector', `The DKIM selector ${JSON.stringify(given)} is not one.`, {
    kind: 'usage',
    mend: 'DKIM_SELECTOR is made of letters, digits and hyphens, in parts joined by dots.',
  });
}
