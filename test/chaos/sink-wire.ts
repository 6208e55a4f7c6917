import type { Socket } from 'node:net';

const LETTER_END = Buffer.from('\r\n.\r\n');

/** The reading side of a conversation: lines and letters, one after the other, as they come. */
export class Wire {
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
  /** Whether the connection was ended by us. */
  ours = false;
  private buffer: Buffer = Buffer.alloc(0);
  private ended = false;
  private wake: () => void = () => undefined;
  private readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.buffer = Buffer.concat([this.buffer, chunk]);
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.ended = true;
        this.wake();
        resolve();
      });
    });
    socket.on('end', () => socket.end());
  }

  /** Whether the client has gone. */
  get over(): boolean {
    return this.ended;
  }

  say(text: string): void {
    if (this.socket.writable) this.socket.write(`${text}\r\n`, 'latin1');
  }

  /** The next line without its end; undefined when the connection is over. */
  async line(): Promise<string | undefined> {
    const end = await this.until(() => this.buffer.indexOf(10), -1);
    return end === -1
      ? undefined
      : this.take(end + 1)
          .toString('latin1')
          .trimEnd();
  }

  /** The whole letter; undefined when the connection ended before it did. */
  async letter(): Promise<string | undefined> {
    // The dot may stand alone on the first line, and a line's end before it is part of the letter.
    const end = await this.until(() => this.buffer.indexOf(LETTER_END), -1);
    return end === -1 ? undefined : this.take(end + LETTER_END.length).toString('latin1');
  }

  /** Waits for the first `count` octets of a letter; false when the connection ended before. */
  async begun(count: number): Promise<boolean> {
    return (await this.until(() => (this.buffer.length >= count ? count : -1), -1)) !== -1;
  }

  /** Ends the connection at once, without a word. */
  drop(): void {
    this.ours = true;
    this.socket.destroy();
  }

  /** Ends the connection after what was said. */
  end(): void {
    this.ours = true;
    this.socket.end();
  }

  private async until(find: () => number, none: number): Promise<number> {
    for (;;) {
      const found = find();
      if (found !== none || this.ended) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private take(count: number): Buffer {
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }
}
