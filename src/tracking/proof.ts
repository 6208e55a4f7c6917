import { createHmac, createSecretKey } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';

/** What is known about an act on consent: the letter or request whose link was used, and from where. */
export interface Act {
  readonly letter?: number | undefined;
  readonly confirmation?: number | undefined;
  readonly network?: string | undefined;
  readonly program?: string | undefined;
}

/** Writes an act down as proof. */
export type Prove = (act: Act) => string;

const PURPOSE = 'dear: proof of consent, 1';

/**
 * Proof with as little personal data as does the job. That a link was used which only the mailbox's owner had is
 * the proof proper. Address and program of the machine are kept as keyed hashes: whoever has them can have them
 * compared, nobody can read them. An address of a private network (a proxy's) says nothing and is left out.
 */
export function makeProof(secret: string): Prove {
  const key = createSecretKey(createHmac('sha512', secret).update(PURPOSE).digest());
  const hashed = (text: string) => createHmac('sha256', key).update(text).digest('hex').slice(0, 24);
  return ({ letter, confirmation, network, program }) =>
    [
      letter !== undefined && `by the link in letter ${letter}`,
      confirmation !== undefined && `by the link in confirmation letter ${confirmation}`,
      network !== undefined && !isPrivate(network) && `network ${hashed(network)}`,
      program !== undefined && program !== '' && `program ${hashed(program)}`,
    ]
      .filter((part) => part !== false)
      .join('; ');
}

const privateNetworks = new BlockList();
privateNetworks.addSubnet('10.0.0.0', 8);
privateNetworks.addSubnet('127.0.0.0', 8);
privateNetworks.addSubnet('169.254.0.0', 16);
privateNetworks.addSubnet('172.16.0.0', 12);
privateNetworks.addSubnet('192.168.0.0', 16);
privateNetworks.addAddress('::1', 'ipv6');
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

function isPrivate(network: string): boolean {
  const plain = network.replace(/^::ffff:/i, '');
  return privateNetworks.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
