import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** RFC 5321 §4.5.3.1: octets before the @, and of the whole address as it fits into a path. */
const LOCAL_MAX = 64;
const WHOLE_MAX = 254;

// zod's stricter default pattern refuses top-level domains in punycode, which have digits and hyphens.
const address = z.email({ pattern: z.regexes.html5Email });

/**
 * The one form in which an address is stored and compared, or undefined when it is no address.
 * Spaces around it go, an international domain becomes its punycode (IDNA), and letters become small, those
 * before the @ too: RFC 5321 lets a server tell Ann@ from ann@, but none that matters does, and one person
 * must not become two profiles, nor slip past a suppression. Dots and plus signs are left alone: what they
 * mean is the mailbox provider's own affair.
 */
export function normaliseEmail(text: string): string | undefined {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  if (at < 1 || at > LOCAL_MAX || trimmed.length > WHOLE_MAX * 2) return undefined;
  const domain = asciiDomain(trimmed.slice(at + 1));
  if (domain === undefined) return undefined;
  const local = trimmed.slice(0, at).toLowerCase();
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return undefined;
  const whole = `${local}@${domain}`;
  return whole.length <= WHOLE_MAX && address.safeParse(whole).success ? whole : undefined;
}

function asciiDomain(text: string): string | undefined {
  // domainToASCII cuts at the characters that end a host in a URL, so they must be refused before.
  if (/[\s/?#\\:@[\]%]/.test(text)) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is exactly whether it is ASCII.
  const ascii = /^[\u0000-\u007f]*$/.test(text) ? text.toLowerCase() : domainToASCII(text);
  // A mailbox on the open net has a dotted name whose last label is no number (that would be an IP address).
  return /\.(?!\d+$)[^.]+$/.test(ascii) ? ascii : undefined;
}
