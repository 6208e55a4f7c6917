import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { SinkLedger } from './sink-ledger.ts';
import { type Fate, fateOf, type SinkScript, welcomeOf } from './sink-script.ts';
import type { Wire } from './sink-wire.ts';

/** One connection and whom it is with, once they have said so. */
interface Talk {
  readonly wire: Wire;
  readonly script: SinkScript;
  readonly ledger: SinkLedger;
  client: string;
  /** Whose letter is on its way, until it is answered. */
  carrying: string;
}

const FOREVER = 3_600_000;
const SLOW_MS = 300;

/** Talks to one client until the connection ends. @param number of the connection, from 1 */
export async function converse(
  wire: Wire,
  number: number,
  script: SinkScript,
  ledger: SinkLedger,
): Promise<void> {
  const talk: Talk = { wire, script, ledger, client: '', carrying: '' };
  void wire.closed.then(() => {
    if (talk.client !== '') ledger.closed(talk.client, wire.ours, talk.carrying);
    else if (!wire.ours) ledger.vanished();
  });
  const welcome = welcomeOf(script, number);
  if (welcome !== 'greet') ledger.count(welcome);
  if (welcome === 'drop') return wire.drop();
  if (welcome === '421') {
    wire.say('421 4.3.2 not now');
    return wire.end();
  }
  wire.say('220 sink.example ESMTP');
  const tls = welcome === 'refuse TLS' || welcome === 'break TLS';
  let transaction: { from: boolean; to: string; fate: Fate } | undefined;
  for (let line = await wire.line(); line !== undefined; line = await wire.line()) {
    await wait(script.pace);
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        await greet(talk, line.slice(5), tls);
        break;
      case 'STAR':
        if (welcome === 'break TLS') {
          wire.say('220 2.0.0 go ahead');
          await wire.begun(1);
          return wire.drop();
        }
        wire.say('454 4.7.0 TLS is not to be had');
        break;
      case 'MAIL':
        await ledger.reached('mail', talk.client);
        transaction = { from: true, to: '', fate: 'take' };
        wire.say('250 2.1.0 fine');
        break;
      case 'RCPT':
        await ledger.reached('rcpt', talk.client);
        transaction = await recipient(talk, line);
        break;
      case 'DATA': {
        const { to, fate } = transaction ?? { to: '', fate: 'take' as const };
        transaction = undefined;
        if (to === '') wire.say('503 5.5.1 whom to?');
        else await data(talk, to, fate);
        talk.carrying = '';
        break;
      }
      case 'RSET':
      case 'NOOP':
        transaction = undefined;
        wire.say('250 2.0.0 fine');
        break;
      case 'QUIT':
        wire.say('221 2.0.0 bye');
        return wire.end();
      default:
        wire.say('502 5.5.2 not here');
    }
  }
}

async function greet(talk: Talk, name: string, tls: boolean): Promise<void> {
  if (talk.client === '') {
    talk.client = name;
    talk.ledger.opened(name);
  }
  await talk.ledger.reached('greeting', name);
  talk.wire.say(
    ['sink.example', 'PIPELINING', '8BITMIME', ...(tls ? ['STARTTLS'] : []), 'SIZE 50000000']
      .map((word, index, all) => `250${index === all.length - 1 ? ' ' : '-'}${word}`)
      .join('\r\n'),
  );
}

/** Answers RCPT; returns the transaction when there is one afterwards. */
async function recipient(talk: Talk, line: string) {
  const { wire, ledger, script } = talk;
  const to = (/<([^>]*)>/.exec(line)?.[1] ?? '').toLowerCase();
  const fate = fateOf(script, to, ledger.attempt(to));
  ledger.count(fate);
  switch (fate) {
    case '4xx at RCPT':
      wire.say('451 4.3.0 try later');
      return undefined;
    case '5xx at RCPT':
      ledger.refused.add(to);
      wire.say('550 5.1.1 nobody of that name');
      return undefined;
    case 'drop at RCPT':
      wire.drop();
      return undefined;
    case 'stall at RCPT':
      await Promise.race([wait(FOREVER, undefined, { ref: false }), wire.closed]);
      return undefined;
    default:
      wire.say('250 2.1.5 fine');
      return { from: true, to, fate };
  }
}

/** DATA, the letter and the answer to it. */
async function data(talk: Talk, to: string, fate: Fate): Promise<void> {
  const { wire, ledger } = talk;
  await ledger.reached('data', talk.client);
  if (fate === '4xx at DATA') return wire.say('451 4.3.0 no disk');
  if (fate === 'drop at DATA') return wire.drop();
  wire.say('354 go on');
  // A client may tell of a letter long before it sends it, and then not send it: it begins with its first octet.
  if (!(await wire.begun(1))) return wire.closed;
  ledger.begun.push({ client: talk.client, at: Date.now() });
  talk.carrying = to;
  await ledger.reached('in the letter', talk.client);
  if (fate === 'drop in the letter') {
    ledger.unanswered.add(to);
    return wire.drop();
  }
  const letter = await wire.letter();
  if (letter === undefined) {
    await wire.closed;
    return;
  }
  if (fate === '4xx after the letter') return wire.say('451 4.3.0 could not keep it');
  if (fate === '5xx after the letter') {
    ledger.refused.add(to);
    return wire.say('554 5.6.0 we do not like it');
  }
  // From here on it is taken, whether the client hears of it or not.
  const send = /^X-Dear-Send:\s*(\S+)/im.exec(letter)?.[1] ?? '';
  ledger.copies.push({ send, address: to, at: Date.now(), crc32: checksumOf(letter) });
  await ledger.reached('taken', talk.client);
  await answer(talk, to, fate);
}

/** Of the letter as it was before its lines' dots were doubled and a lone one put behind it. */
function checksumOf(letter: string): number {
  const bytes = letter.slice(0, -'.\r\n'.length).replace(/(^|\n)\./g, '$1');
  return crc32(Buffer.from(bytes, 'latin1'));
}

async function answer(talk: Talk, to: string, fate: Fate): Promise<void> {
  const { wire, ledger, script } = talk;
  if (fate === 'take and drop' || fate === 'take and stall') ledger.unanswered.add(to);
  if (fate === 'take and drop') return wire.drop();
  if (fate === 'take and stall') {
    await Promise.race([wait(FOREVER, undefined, { ref: false }), wire.closed]);
    return;
  }
  if (fate === 'slow') await wait(SLOW_MS);
  if (fate === 'very slow') await wait(script.verySlowMs);
  if (!wire.over) talk.carrying = '';
  wire.say('250 2.0.0 taken');
  await ledger.reached('answered', talk.client);
}
