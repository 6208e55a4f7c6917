import { domainToASCII } from 'node:url';

/** A mailbox of a header: an address, and a name that people see. */
export interface Mailbox {
  readonly address: string;
  readonly name?: string | undefined;
}

const dotless = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+";
const quoted = String.raw`"(?:[\x20\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]|\\[\x20-\x3b\x3d\x3f-\x7e])*"`;
const localPart = new RegExp(`^(?:${dotless}|${quoted})$`);
const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
const domainName = new RegExp(String.raw`^(?:${label}(?:\.${label})*|\[[A-Za-z0-9.:]+\])$`);

/**
 * An address as it goes over the wire: ASCII only, an international domain in its punycode form.
 * Undefined when it cannot be written there: no domain, spaces, control or angle characters, a local part
 * that would need SMTPUTF8, or longer than RFC 5321 §4.5.3.1 allows (64 octets before the @, 254 in all).
 */
export function wireAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  const domain = wireDomain(address.slice(at + 1));
  if (domain === undefined || local.length > 64 || !localPart.test(local)) return undefined;
  const wire = `${local}@${domain}`;
  return wire.length > 254 ? undefined : wire;
}

/** The domain of an address, in lower case. */
export const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** A domain in its ASCII form (IDNA), or undefined when it is none. */
export function wireDomain(domain: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is exactly whether it is ASCII.
  const ascii = /^[\x00-\x7f]*$/.test(domain) ? domain : domainToASCII(domain);
  return domainName.test(ascii) && ascii.length <= 253 ? ascii : undefined;
}
