import { DearError } from '../../src/errors.ts';
import { openQueues } from '../../src/queue/open.ts';

/** What a child process says on its standard output, one word a line. */
export type Word = 'taken' | 'queue.unreachable';

/** Started by the tests as a process of its own: `child.ts hang URL PREFIX` or `child.ts fail URL`. */
async function main(task: string | undefined, url: string, prefix: string): Promise<void> {
  const silent = { warn: () => undefined, error: () => undefined, debug: () => undefined };
  const timing = { openMs: 1000, lockMs: 1000, stalledCheckMs: 300 };
  try {
    const queues = await openQueues({ url: url === '' ? undefined : url, prefix, log: silent, timing });
    if (task === 'hang') {
      await queues.process('plan', async () => {
        say('taken');
        await new Promise(() => undefined);
      });
      // An embedded queue has only its own process to fill it.
      if (url === '') await queues.add('plan', [{ payload: { runId: 1 } }]);
    }
  } catch (error) {
    if (error instanceof DearError && error.code === 'queue.unreachable') say(error.code);
    else throw error;
  }
}

function say(word: Word): void {
  process.stdout.write(`${word}\n`);
}

await main(process.argv[2], process.argv[3] ?? '', process.argv[4] ?? 'dear');
