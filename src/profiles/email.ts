import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';

/** RFC 5321 §4.5.3.1: octets before the @, and of the whole address as it fits into a path. */
const LOCAL_MAX = 64;
const WHOLE_MAX = 254;
// The pattern of the HTML standard; zod's default one refuses top-level domains in punycode. By itself it judges an
// address in a fifth of a microsecond, where others that were measured take up to twenty.
const addressForm = z.regexes.html5Email;
/** Longer texts are no address in any spelling, and are not looked at. */
const TEXT_MAX = 1000;

/**
 * The one form in which an address is stored and compared, or undefined when it is no address.
 * Spaces around it go, an international domain becomes its punycode (IDNA), and letters become small, those
 * before the @ too: RFC 5321 lets a server tell Ann@ from ann@, but none that matters does, and one person
 * must not become two profiles, nor slip past a suppression. Dots and plus signs are left alone: what they
 * mean is the mailbox provider's own affair. Quoted local parts and letters beyond ASCII before the @ are refused:
 * hardly any server takes them.
 */
export function normaliseEmail(text: string): string | undefined {
  const result = readEmail(text);
  return result.ok ? result.email : undefined;
}

export type ReadEmail =
  | { readonly ok: true; readonly email: string }
  /** `why` says what is wrong without repeating the text: `it has no @`. */
  | { readonly ok: false; readonly why: string };

/** Like `normaliseEmail`, with the reason when it is no address. */
export function readEmail(text: string): ReadEmail {
  const trimmed = text.trim();
  if (trimmed === '') return wrong('it is empty');
  if (trimmed.length > TEXT_MAX) return wrong(`it has more than ${WHOLE_MAX} characters`);
  const at = trimmed.lastIndexOf('@');
  if (at < 0) return wrong('it has no @');
  const local = trimmed.slice(0, at);
  if (local === '') return wrong('nothing stands before the @');
  if (local.length > LOCAL_MAX) return wrong(`more than ${LOCAL_MAX} characters stand before the @`);
  // Before letters become small: the Kelvin sign would become an ordinary k, and the address somebody else's.
  if (!isPrintableAscii(local)) return wrong('spaces or letters beyond a to z stand before the @');
  const domain = asciiDomain(trimmed.slice(at + 1));
  if (domain === undefined) return wrong('what stands behind the @ is no domain');
  const email = `${local.toLowerCase()}@${domain}`;
  if (email.length > WHOLE_MAX) return wrong(`it has more than ${WHOLE_MAX} characters`);
  const dots = local.startsWith('.') || local.endsWith('.') || local.includes('..');
  return dots || !addressForm.test(email) ? wrong('it is not of the form name@domain') : { ok: true, email };
}

const wrong = (why: string): ReadEmail => ({ ok: false, why });

const isPrintableAscii = (text: string) => /^[!-~]*$/.test(text);

function asciiDomain(text: string): string | undefined {
  // domainToASCII cuts at the characters that end a host in a URL, so they must be refused before.
  if (/[\s/?#\\:@[\]%]/.test(text)) return undefined;
  const isPlain = isPrintableAscii(text) && !/xn--/i.test(text);
  const ascii = isPlain ? text.toLowerCase() : domainToASCII(text);
  // A mailbox on the open net has a dotted name whose last label is no number (that would be an IP address).
  return /\.(?!\d+$)[^.]{2,}$/.test(ascii) ? ascii : undefined;
}

/**
 * An address as people read it: an international domain in its own script. Where the script would not lead back to
 * the same domain it stays as it is.
 */
export function readableEmail(email: string): string {
  const at = email.lastIndexOf('@') + 1;
  const domain = email.slice(at);
  if (!domain.includes('xn--')) return email;
  const readable = domainToUnicode(domain);
  return readable !== '' && domainToASCII(readable) === domain ? email.slice(0, at) + readable : email;
}
