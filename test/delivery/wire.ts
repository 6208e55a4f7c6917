import { afterEach } from 'vitest';
import { type SmtpTransportOptions, smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import type { Down, OutgoingLetter, Slot, Transport } from '../../src/delivery/transport.ts';
import { mailbox } from './mailbox.ts';
import { ScriptedServer } from './scripted-server.ts';

const cleanUps: (() => Promise<void>)[] = [];

/** Everything that was opened here is closed after each test, the last first. */
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A mailbox server. */
export async function opened(...options: Parameters<typeof mailbox>) {
  const box = await mailbox(...options);
  cleanUps.push(box.close);
  return box;
}

/** A server that does what the script says, and its port. */
export async function scripted(...script: ConstructorParameters<typeof ScriptedServer>) {
  const server = new ScriptedServer(...script);
  const port = await server.listen();
  cleanUps.push(() => server.close());
  return { server, port };
}

export function transportTo(url: string, connections = 1, options: SmtpTransportOptions = {}): Transport {
  const transport = smtpTransport(parseSmtpUrl(url, connections), options);
  cleanUps.push(() => transport.close());
  return transport;
}

export async function slotOf(transport: Transport): Promise<Slot> {
  const slot = await transport.slot();
  if (slot.kind === 'down') throw new Error(`down at ${slot.stage}: ${slot.response}`);
  return slot;
}

export async function downOf(transport: Transport): Promise<Down> {
  const down = await transport.slot();
  if (down.kind === 'slot') throw new Error('the server was not down');
  return down;
}

export async function deliver(transport: Transport, letter: OutgoingLetter) {
  const slot = await slotOf(transport);
  try {
    return await slot.deliver(letter);
  } finally {
    slot.release();
  }
}

export const letter = (
  bytes: string | Buffer = 'Subject: x\r\n\r\nHello\r\n',
  to = 'ada@example.test',
): OutgoingLetter => ({
  from: 'bounce@shop.example',
  to,
  bytes: Buffer.from(bytes),
});
export const tick = () => new Promise(setImmediate);
