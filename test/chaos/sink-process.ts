import { createServer } from 'node:net';
import { converse } from './sink-dialogue.ts';
import { SinkLedger } from './sink-ledger.ts';
import { type Ask, requestSchema, type Said } from './sink-protocol.ts';
import { sinkScriptSchema } from './sink-script.ts';
import { Wire } from './sink-wire.ts';

/*
 * The sink as a process of its own, so that it outlives whoever is killed. Started with its script as JSON; told and
 * asked over the channel to its parent (sink-protocol.ts).
 */

const say = (said: Said) => void process.send?.(said);
const script = sinkScriptSchema.parse(JSON.parse(process.argv[2] ?? ''));
const ledger = new SinkLedger((client) => say({ sprung: client }));
let connections = 0;

const server = createServer({ allowHalfOpen: true }, (socket) => {
  connections += 1;
  void converse(new Wire(socket), connections, script, ledger);
});

function heed(ask: Ask): void {
  if (ask.what === 'ambush') ledger.lie(ask.stage, ask.after, ask.holdMs);
  if (ask.what === 'watch') ledger.watch(ask.name);
}

process.on('message', (message) => {
  const { number, ask } = requestSchema.parse(message);
  heed(ask);
  say({ number, report: ledger.report() });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) say({ port: address.port });
});
