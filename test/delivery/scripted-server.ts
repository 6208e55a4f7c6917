import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** What the server does instead of its usual answer: say something else, hang up, or fall silent. */
type Move = { say: string } | { sayAndClose: string } | { sayUnfinished: string } | 'drop' | 'stall';

/** Moves by the moment they are made; whatever is missing goes as it should. */
export interface Script {
  greeting?: Move;
  ehlo?: Move;
  mail?: Move;
  rcpt?: Move;
  data?: Move;
  /** After the first bytes of a letter, before its end; nothing more is read then. */
  middle?: Move;
  final?: Move;
  rset?: Move;
  quit?: Move;
}

/** A plain SMTP server for misbehaving: it does what `script` says for the n-th connection (from 0). */
export class ScriptedServer {
  connections = 0;
  readonly open = new Set<Socket>();
  readonly commands: string[] = [];
  /** Letters taken with 250, dots unstuffed. */
  readonly letters: Buffer[] = [];
  extensions = ['PIPELINING', '8BITMIME'];
  private readonly server: Server;
  private readonly script: (connection: number) => Script;

  constructor(script: Script | ((connection: number) => Script) = {}) {
    this.script = typeof script === 'function' ? script : () => script;
    this.server = createServer((socket) => this.serve(socket));
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

  private serve(socket: Socket): void {
    const script = this.script(this.connections++);
    this.open.add(socket);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => undefined);
    let pending = Buffer.alloc(0);
    let inData = false;
    const make = (move: Move | undefined, usual: string) => makeMove(socket, move, usual);
    const step = (): boolean => {
      if (inData) {
        if (script.middle !== undefined && pending.length > 0) {
          socket.pause();
          make(script.middle, '');
          return false;
        }
        const end = pending.indexOf('\r\n.\r\n');
        if (end < 0) return false;
        const letter = pending.subarray(0, end + 2).toString('latin1');
        pending = pending.subarray(end + 5);
        inData = false;
        if (script.final === undefined) this.letters.push(Buffer.from(letter.replace(/^\./gm, ''), 'latin1'));
        return make(script.final, '250 2.0.0 taken');
      }
      const end = pending.indexOf('\r\n');
      if (end < 0) return false;
      const command = pending.toString('latin1', 0, end);
      pending = pending.subarray(end + 2);
      this.commands.push(command);
      const verb = command.slice(0, 4).toUpperCase();
      if (verb === 'EHLO')
        return make(
          script.ehlo,
          `250-${['scripted', ...this.extensions].join('\r\n250-')}`.replace(/250-([^-]*)$/, '250 $1'),
        );
      if (verb === 'MAIL') return make(script.mail, '250 2.1.0 sender ok');
      if (verb === 'RCPT') return make(script.rcpt, '250 2.1.5 recipient ok');
      if (verb === 'RSET') return make(script.rset, '250 2.0.0 reset');
      if (verb === 'DATA') {
        const refused = [script.mail, script.rcpt].some((move) => typeof move === 'object');
        inData = script.data === undefined && !refused;
        return make(script.data, refused ? '503 5.5.1 no recipient' : '354 go on');
      }
      if (verb === 'QUIT') return make(script.quit ?? { sayAndClose: '221 bye' }, '');
      return make(undefined, '502 5.5.2 unknown');
    };
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (step());
    });
    make(script.greeting, '220 scripted ESMTP');
  }
}

/** Returns whether the dialogue goes on. */
function makeMove(socket: Socket, move: Move | undefined, usual: string): boolean {
  if (move === undefined) return socket.write(`${usual}\r\n`) || true;
  if (move === 'stall') {
    socket.pause();
    return false;
  }
  if (move === 'drop') socket.destroy();
  else if ('say' in move) return socket.write(`${move.say}\r\n`) || true;
  else if ('sayUnfinished' in move) socket.end(move.sayUnfinished);
  else socket.end(`${move.sayAndClose}\r\n`);
  return false;
}
