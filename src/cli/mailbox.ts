import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { DearError, messageOf } from '../errors.ts';

const HOST = '127.0.0.1';
const LARGEST_MAIL = 5 * 1024 * 1024;

/** A mail as it lies in the mailbox. */
export interface KeptMail {
  /** The id in its X-Dear-Send header, NaN without one. */
  readonly sendId: number;
  readonly recipient: string;
  /** The .eml file, byte for byte what came over SMTP. */
  readonly file: string;
}

/** Stands for the receiving servers of all customers. */
export interface Mailbox {
  readonly port: number;
  /** Every mail that was answered with 250, in the order it came. */
  readonly mails: readonly KeptMail[];
  close(): Promise<void>;
}

/** Where a mailbox listens, and how it names its files. */
export interface MailboxOptions {
  /** 0, the default, is any free port. */
  readonly port?: number;
  /**
   * `send`: by the id in X-Dear-Send, and a second letter for one send is refused, because it is an error that must
   * show. `arrival`: by the moment it came; any mail is kept.
   */
  readonly naming: 'send' | 'arrival';
  readonly onMail?: (mail: KeptMail) => void;
}

/**
 * An SMTP server on loopback that keeps each mail as a file before it says 250, and sends none on.
 * @throws DearError `mailbox.listen` when the port cannot be had.
 */
export async function openMailbox(folder: string, options: MailboxOptions): Promise<Mailbox> {
  await mkdir(folder, { recursive: true });
  const mails: KeptMail[] = [];
  const server = new SMTPServer({
    name: 'mailbox.example.test',
    banner: 'a mailbox to try things on',
    size: LARGEST_MAIL,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 1000,
    onData: (stream, session, callback) => {
      keep(folder, options.naming, stream, session).then(
        (mail) => {
          mails.push(mail);
          options.onMail?.(mail);
          callback(null, 'Kept');
        },
        (error) => callback(Object.assign(new Error(messageOf(error)), { responseCode: 451 })),
      );
    },
  });
  // A client that goes away is its own affair; without a listener it would end the process.
  server.on('error', () => undefined);
  const port = await listen(server, options.port ?? 0);
  return { port, mails, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function keep(
  folder: string,
  naming: MailboxOptions['naming'],
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<KeptMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk);
  if (stream.sizeExceeded) throw new Error('The mail is too large');
  const bytes = Buffer.concat(chunks);
  const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n')).toString('latin1');
  const sendId = Number(/^X-Dear-Send:\s*(\d{1,15})\s*$/im.exec(head)?.[1] ?? Number.NaN);
  if (naming === 'send' && !Number.isSafeInteger(sendId)) {
    throw new Error('The mail does not say which send it is');
  }
  const name =
    naming === 'send'
      ? sendId
      : `${new Date().toISOString().replace(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}`;
  const file = join(folder, `${name}.eml`);
  await writeFile(file, bytes, { flag: 'wx' });
  return { sendId, recipient: session.envelope.rcptTo[0]?.address ?? '', file };
}

function listen(server: SMTPServer, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.server.once('error', (cause) =>
      reject(
        new DearError(
          'mailbox.listen',
          `The mailbox cannot listen on ${HOST}:${wanted}: ${messageOf(cause)}.`,
          {
            mend: 'Choose a free port with --port.',
            cause,
          },
        ),
      ),
    );
    server.listen(wanted, HOST, () => {
      const address: AddressInfo | string | null = server.server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
