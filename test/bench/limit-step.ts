import { connect } from 'node:net';
import { openInstallation } from './installation.ts';
import { type SentLetter, sentLetters } from './letters.ts';
import { measured } from './measure.ts';
import { runStep } from './steps.ts';

/**
 * The limit: ready bytes on as many sockets as Dear uses. With the end of one letter go MAIL, RCPT and DATA of the
 * next (RFC 2920), so a letter costs one write and one round trip. No ledger, no rendering, nothing is decided.
 */
await runStep(async (options) => {
  const app = await openInstallation(options);
  const letters = (await sentLetters(app)).map(onTheWire);
  await app.close();
  const { hostname, port } = new URL(options.smtpUrl);
  return measured(options.letters, () =>
    Promise.all(
      Array.from({ length: options.connections }, (_, lane) =>
        sendAll({ host: hostname, port: Number(port) }, letters, lane, options),
      ),
    ),
  );
});

interface WireLetter {
  readonly commands: Buffer;
  readonly body: Buffer;
}

function onTheWire({ from, to, bytes }: SentLetter): WireLetter {
  const stuffed = bytes.toString('latin1').replace(/^\./gm, '..');
  return {
    commands: Buffer.from(`MAIL FROM:<${from}> BODY=8BITMIME\r\nRCPT TO:<${to}>\r\nDATA\r\n`),
    body: Buffer.from(`${stuffed}${stuffed.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1'),
  };
}

/** Sends every letter whose number is `lane` modulo the number of connections. */
function sendAll(
  at: { host: string; port: number },
  letters: readonly WireLetter[],
  lane: number,
  { letters: count, connections }: { letters: number; connections: number },
): Promise<void> {
  const wire = (index: number) => letters[index % letters.length];
  return new Promise((resolve, reject) => {
    const socket = connect(at);
    let next = lane;
    let state: 'greeting' | 'ehlo' | 'letters' = 'greeting';
    let answers = '';
    const step = () => {
      const sent = wire(next);
      next += connections;
      const following = next < count ? wire(next)?.commands : undefined;
      socket.cork();
      if (sent) socket.write(sent.body);
      socket.write(following ?? 'QUIT\r\n');
      socket.uncork();
    };
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (chunk) => {
      answers += chunk.toString('latin1');
      if (/^[45]/m.test(answers)) return reject(new Error(`the sink said ${answers}`));
      if (state === 'greeting' && answers.endsWith('\r\n')) {
        state = 'ehlo';
        socket.write('EHLO bench.example\r\n');
      } else if (state === 'ehlo' && /^250 [^\n]*\n$/m.test(answers)) {
        state = 'letters';
        const first = next < count ? wire(next)?.commands : undefined;
        socket.write(first ?? 'QUIT\r\n');
      } else if (state === 'letters' && answers.endsWith('354 go on\r\n')) step();
      else return;
      answers = '';
    });
  });
}
