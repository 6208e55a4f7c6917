import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { DearError, messageOf } from '../errors.ts';
import type { ArrivalStore } from '../tracking/arrivals.ts';
import { cleanText } from './clean.ts';

const LARGEST_MAIL = 10 * 1024 * 1024;
const MOST_CLIENTS = 50;
const MOST_RECIPIENTS = 50;
const SILENCE_MS = 60_000;
const CLOSE_MS = 30_000;
const LONGEST_ADDRESS = 320;

/** What the reply listener needs. */
export interface InboxDeps {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Only mail for this domain is taken; any when undefined, since nothing is ever passed on. */
  readonly domain: string | undefined;
  readonly arrivals: Pick<ArrivalStore, 'add'>;
  /** Wakes the fold; must neither throw nor wait. */
  readonly wake: () => void;
  readonly log: { warn(fields: object, message: string): void };
  readonly now?: () => number;
  /** How long mails in transfer may take to finish at `close`, ms; default 30,000. */
  readonly closeMs?: number;
}

/** A listening inbox. */
export interface Inbox {
  readonly port: number;
  /** Refuses new connections, lets mails in transfer finish, ends the idle ones. */
  close(): Promise<void>;
}

/**
 * Listens for replies over SMTP. Every mail up to 10 MB is stored raw, with its envelope, before the 250; when it
 * cannot be stored the answer is 451, so that the sender tries again. Recipients are not sifted here: a reply whose
 * address was mangled may still be matched by its references, and what matches nothing is listed for people.
 * @throws DearError `inbox.port-in-use` or `inbox.listen`, naming the setting to change.
 */
export async function openInbox(deps: InboxDeps): Promise<Inbox> {
  const inTransfer = new Set<SMTPServerSession>();
  const server = new SMTPServer({
    name: deps.domain ?? 'localhost',
    banner: 'Dear takes replies',
    size: LARGEST_MAIL,
    rejectOversized: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    maxClients: MOST_CLIENTS,
    maxRecipients: MOST_RECIPIENTS,
    socketTimeout: SILENCE_MS,
    closeTimeout: deps.closeMs ?? CLOSE_MS,
    logger: false,
    onRcptTo: ({ address }, _session, callback) => {
      const ours = deps.domain === undefined || domainOf(address) === deps.domain.toLowerCase();
      callback(ours ? null : refusal(550, 'This server takes mail for its reply domain only'));
    },
    onData: (stream, session, callback) => {
      inTransfer.add(session);
      receive(deps, stream, session)
        .then(
          () => callback(null, 'Stored'),
          (error) => {
            deps.log.warn({ error: messageOf(error) }, 'a mail could not be stored');
            callback(refusal(451, 'It could not be stored, please try again later'));
          },
        )
        .finally(() => inTransfer.delete(session));
    },
  });
  server.on('error', (error) =>
    deps.log.warn({ error: messageOf(error) }, 'a connection to the inbox failed'),
  );
  const port = await listen(server, deps);
  return { port, close: () => close(server, inTransfer) };
}

async function receive(
  deps: InboxDeps,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<void> {
  const chunks: Buffer[] = [];
  // Read to its end also when it is too large: the refusal can only be said then.
  for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk);
  if (stream.sizeExceeded) return;
  const { mailFrom, rcptTo } = session.envelope;
  const address = (text: string) => cleanText(text, LONGEST_ADDRESS);
  const facts = {
    from: mailFrom === false ? '' : address(mailFrom.address),
    to: rcptTo.map((recipient) => address(recipient.address)),
  };
  await deps.arrivals.add([
    { kind: 'mail', at: (deps.now ?? Date.now)(), facts, raw: Buffer.concat(chunks) },
  ]);
  deps.wake();
}

function listen(server: SMTPServer, { host, port }: InboxDeps): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => reject(cannotListen(host, port, cause));
    server.server.once('error', failed);
    server.listen(port, host, () => {
      server.server.off('error', failed);
      const address: AddressInfo | string | null = server.server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function cannotListen(host: string, port: number, cause: Error): DearError {
  return 'code' in cause && cause.code === 'EADDRINUSE'
    ? new DearError('inbox.port-in-use', `Port ${port} on ${host} is in use, so the inbox cannot listen.`, {
        mend: 'Stop the other program, or set INBOUND_PORT to a free port.',
        cause,
      })
    : new DearError(
        'inbox.listen',
        `The inbox cannot listen on ${host}, port ${port}: ${messageOf(cause)}.`,
        {
          mend: 'Set INBOUND_HOST to an address of this machine and INBOUND_PORT to a port this user may open.',
          cause,
        },
      );
}

function close(server: SMTPServer, inTransfer: ReadonlySet<SMTPServerSession>): Promise<void> {
  return new Promise((resolve) => {
    // The server waits for its connections, up to its closeTimeout; those that only idle need not be waited for.
    server.close(() => resolve());
    for (const connection of server.connections) {
      if (inTransfer.has(connection.session)) continue;
      connection.send(421, 'Closing');
    }
  });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
