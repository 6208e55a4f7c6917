import { withBackend } from 'bullmq';
import { type Backend, makeBackend } from './backend.ts';
import { ConnectionLog, type Log } from './log.ts';
import { createMemoryBackend } from './memory/backend.ts';
import { MemorySpace } from './memory/state.ts';

/** How the embedded queue's place is shown. */
const place = 'the embedded queue';

/** Opens the queue inside this process, in memory: no server, and no job outlives the process. */
export function openEmbedded(log: Log): Backend {
  const space = new MemorySpace();
  return makeBackend({
    place,
    connection: new ConnectionLog(log, place),
    classes: withBackend(createMemoryBackend),
    producer: space,
    consumer: space,
    // Every step is done in one go.
    alone: (work) => work(),
    close: async () => space.close(),
  });
}
