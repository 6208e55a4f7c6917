import { createServer, type Socket } from 'node:net';
import { z } from 'zod';

/*
 * A server that takes every letter and throws it away: just enough of SMTP for the senders here, and as little work
 * for each letter as possible, because it must be faster than all of them. It runs in a process of its own, and the
 * same one takes the letters of all contenders. Its argument is how long each answer takes, ms.
 */

const away = z.coerce.number().parse(process.argv[2] ?? 0);

const END = Buffer.from('\r\n.\r\n');
const GREETING = '220 sink.example ESMTP\r\n';
const EHLO = '250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n';

const expectation = z.object({ expect: z.int() });
let taken = 0;
let octets = 0;
let expected = Number.POSITIVE_INFINITY;
/** How the letters of one contender are told from those of another that is late: counted anew each time. */
process.on('message', (message) => {
  expected = expectation.parse(message).expect;
  taken = 0;
  octets = 0;
});

function converse(socket: Socket): void {
  let inBody = false;
  let line = '';
  /** The last octets of a body so far, in case its end is cut in two. */
  let tail = Buffer.alloc(0);

  const command = (text: string): string => {
    switch (text.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        return EHLO;
      case 'DATA':
        inBody = true;
        tail = Buffer.from('\r\n');
        return '354 go on\r\n';
      case 'QUIT':
        socket.end('221 bye\r\n');
        return '';
      case 'MAIL':
      case 'RCPT':
      case 'RSET':
      case 'NOOP':
        return '250 2.1.0 fine\r\n';
      default:
        return '502 5.5.2 not here\r\n';
    }
  };

  /** Reads commands from `at` on until the chunk, or the run of commands, ends. */
  const readCommands = (chunk: Buffer, at: number, answer: (text: string) => void): number => {
    while (!inBody && at < chunk.length) {
      const end = chunk.indexOf(10, at);
      if (end === -1) {
        line += chunk.toString('latin1', at);
        return chunk.length;
      }
      answer(command(line + chunk.toString('latin1', at, end)));
      line = '';
      at = end + 1;
    }
    return at;
  };

  /** Reads the body from `at` on; returns where it ended. */
  const readBody = (chunk: Buffer, at: number, answer: (text: string) => void): number => {
    const seam = Buffer.concat([tail, chunk.subarray(at, at + END.length - 1)]);
    const cut = seam.indexOf(END);
    const found = cut === -1 ? chunk.indexOf(END, at) : at + cut - tail.length;
    if (found === -1) {
      octets += chunk.length - at;
      tail = Buffer.from(chunk.length - at < 4 ? seam.subarray(-4) : chunk.subarray(-4));
      return chunk.length;
    }
    inBody = false;
    const end = found + END.length;
    octets += end - at;
    taken += 1;
    answer('250 2.0.0 taken\r\n');
    if (taken === expected) process.send?.({ arrived: { taken, octets } });
    return end;
  };

  const say = (answers: string) => void (socket.writable && socket.write(answers, 'latin1'));
  socket.setNoDelay(true);
  socket.write(GREETING);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    let answers = '';
    const answer = (text: string) => {
      answers += text;
    };
    for (let at = 0; at < chunk.length; ) {
      at = inBody ? readBody(chunk, at, answer) : readCommands(chunk, at, answer);
    }
    if (answers === '') return;
    if (away === 0) say(answers);
    else setTimeout(say, away, answers);
  });
}

const server = createServer(converse);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('disconnect', () => process.exit(0));
