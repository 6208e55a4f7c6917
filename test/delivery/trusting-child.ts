import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';

/* Prints what a server that this process trusts (NODE_EXTRA_CA_CERTS) is refused for. */

const transport = smtpTransport(parseSmtpUrl(process.argv[2] ?? '', 1));
const slot = await transport.slot();
process.stdout.write(slot.kind === 'down' ? slot.response : 'up');
if (slot.kind === 'slot') await slot.release();
await transport.close();
