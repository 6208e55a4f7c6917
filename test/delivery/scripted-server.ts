import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { selfSigned } from './certificate.ts';

/** What the server does instead of its usual answer: say something else, hang up, or fall silent. */
type Move = { say: string } | { sayAndClose: string } | { sayUnfinished: string } | 'drop' | 'stall';

/** Moves by the moment they are made; whatever is missing goes as it should. */
export interface Script {
  greeting?: Move;
  ehlo?: Move;
  helo?: Move;
  startTls?: Move;
  auth?: Move;
  mail?: Move;
  rcpt?: Move;
  data?: Move;
  /** After the first bytes of a letter, before its end; nothing more is read then. */
  middle?: Move;
  final?: Move;
  rset?: Move;
  quit?: Move;
  /** Says 354 even if nobody is there to take the letter. */
  eager?: boolean;
  /** Loses what comes with the end of a letter. */
  forgetful?: boolean;
}

const certificate = selfSigned();
type Usual = readonly [move: Move | undefined, answer: string];

/** An SMTP server for misbehaving: it does what `script` says for the n-th connection (from 0). */
export class ScriptedServer {
  connections = 0;
  readonly open = new Set<Socket>();
  readonly commands: string[] = [];
  /** What came in one piece; letters too. */
  readonly chunks: string[] = [];
  /** Letters taken with 250 for somebody, dots unstuffed. */
  readonly letters: Buffer[] = [];
  extensions = ['PIPELINING', '8BITMIME'];
  /** What is announced in TLS, unless it is the same. */
  extensionsInTls: readonly string[] | undefined;
  /** TLS from the first byte; STARTTLS works when it is among the extensions. */
  implicitTls = false;
  private readonly server: Server;
  private readonly script: (connection: number) => Script;

  constructor(script: Script | ((connection: number) => Script) = {}) {
    this.script = typeof script === 'function' ? script : () => script;
    this.server = createServer((socket) => {
      this.open.add(socket);
      socket.on('close', () => this.open.delete(socket));
      socket.on('error', () => undefined);
      const conversation = new Conversation(this, this.script(this.connections++));
      conversation.hear(this.implicitTls ? secured(socket) : socket);
      conversation.make(conversation.script.greeting, '220 scripted ESMTP');
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

class Conversation {
  readonly script: Script;
  private readonly server: ScriptedServer;
  private socket: Socket | undefined;
  private pending = '';
  private inData = false;
  private sender = false;
  private recipient = false;

  constructor(server: ScriptedServer, script: Script) {
    this.server = server;
    this.script = script;
  }

  hear(socket: Socket): void {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (socket !== this.socket) return;
      const text = chunk.toString('latin1');
      this.server.chunks.push(text);
      this.pending += text;
      while (this.inData ? this.readLetter() : this.readCommand());
    });
  }

  private readLetter(): boolean {
    if (this.script.middle !== undefined && this.pending.length > 0) {
      this.socket?.pause();
      this.make(this.script.middle, '');
      return false;
    }
    const end = this.pending.startsWith('.\r\n') ? -2 : this.pending.indexOf('\r\n.\r\n');
    if (end === -1) return false;
    const letter = this.pending.slice(0, end + 2);
    this.pending = this.script.forgetful === true ? '' : this.pending.slice(end + 5);
    const goes = this.make(this.script.final, this.recipient ? '250 2.0.0 taken' : '554 5.5.1 for nobody');
    if (this.recipient && this.script.final === undefined) {
      this.server.letters.push(Buffer.from(letter.replace(/^\./gm, ''), 'latin1'));
    }
    this.inData = false;
    this.sender = false;
    this.recipient = false;
    return goes;
  }

  private readCommand(): boolean {
    const end = this.pending.indexOf('\r\n');
    if (end < 0) return false;
    const command = this.pending.slice(0, end);
    this.pending = this.pending.slice(end + 2);
    this.server.commands.push(command);
    const verb = command.slice(0, 4).toUpperCase();
    const [move, usual] = this.answer(verb);
    const refused = move !== undefined && !('say' in Object(move) && /^2/.test(Object(move).say));
    if (verb === 'MAIL') this.sender = !refused;
    if (verb === 'RCPT') this.recipient = !refused;
    if (verb === 'RSET') this.sender = this.recipient = false;
    if (verb === 'DATA') this.inData = move === undefined && usual.startsWith('354');
    const goes = this.make(move, usual);
    if (verb === 'STAR' && move === undefined && usual.startsWith('220')) this.startTls();
    return goes;
  }

  private answer(verb: string): Usual {
    const { script } = this;
    const ready = script.eager === true || (this.sender && this.recipient);
    const usual: Record<string, Usual> = {
      EHLO: [script.ehlo, this.hello()],
      HELO: [script.helo, '250 scripted'],
      STAR: [
        script.startTls,
        this.server.extensions.includes('STARTTLS') ? '220 2.0.0 go' : '502 5.5.2 unknown',
      ],
      AUTH: [script.auth, '502 5.5.2 unknown'],
      MAIL: [script.mail, '250 2.1.0 sender ok'],
      RCPT: [script.rcpt, '250 2.1.5 recipient ok'],
      DATA: [script.data, ready ? '354 go on' : '503 5.5.1 no recipient'],
      RSET: [script.rset, '250 2.0.0 reset'],
      QUIT: [script.quit ?? { sayAndClose: '221 bye' }, ''],
    };
    return usual[verb] ?? [undefined, '502 5.5.2 unknown'];
  }

  private hello(): string {
    const { extensions, extensionsInTls } = this.server;
    const secure = this.socket instanceof TLSSocket;
    const lines = secure ? (extensionsInTls ?? extensions.filter((one) => one !== 'STARTTLS')) : extensions;
    return `250-${['scripted', ...lines].join('\r\n250-')}`.replace(/250-(.*)$/, '250 $1');
  }

  private startTls(): void {
    if (this.socket !== undefined) this.hear(secured(this.socket));
  }

  /** Returns whether the dialogue goes on. */
  make(move: Move | undefined, usual: string): boolean {
    const { socket } = this;
    if (socket === undefined) return false;
    if (move === undefined) return socket.write(`${usual}\r\n`) || true;
    if (move === 'stall') {
      socket.pause();
      return false;
    }
    // Only after what was said before.
    if (move === 'drop') socket.destroySoon();
    else if ('say' in move) return socket.write(`${move.say}\r\n`) || true;
    else if ('sayUnfinished' in move) socket.end(move.sayUnfinished);
    else socket.end(`${move.sayAndClose}\r\n`);
    return false;
  }
}

function secured(socket: Socket): TLSSocket {
  socket.removeAllListeners('data');
  return new TLSSocket(socket, { isServer: true, ...certificate });
}
