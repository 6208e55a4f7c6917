import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type { Queues } from '../../src/queue/port.ts';
import type { Timing } from '../../src/queue/timing.ts';
import { freshPostgresDatabase, postgresUrl, redisUrl } from '../servers/index.ts';
import { type MemoryLog, openQuick } from './harness.ts';

const backends = [
  { name: 'embedded', url: undefined, present: true },
  { name: 'Redis', url: redisUrl(), present: redisUrl() !== undefined },
  { name: 'PostgreSQL', url: postgresUrl(), present: postgresUrl() !== undefined },
];

export interface Tried {
  readonly name: string;
  /** Where the server is; known as soon as a test runs. */
  readonly url: () => string | undefined;
  /** Opens queues that are closed after the test. */
  readonly open: (options?: {
    prefix?: string;
    timing?: Partial<Timing>;
    log?: MemoryLog;
    url?: string;
  }) => ReturnType<typeof openQuick>;
}

/** Runs one suite on every backend. */
export function onEveryQueue(part: string, suite: (tried: Tried) => void): void {
  onEach(backends, part, suite);
}

/** Runs one suite on every backend that several processes can share. */
export function onEveryServer(part: string, suite: (tried: Tried) => void): void {
  onEach(
    backends.filter(({ name }) => name !== 'embedded'),
    part,
    suite,
  );
}

function onEach(which: typeof backends, part: string, suite: (tried: Tried) => void): void {
  describe.each(which)('queues: $name', ({ name, url: server, present }) => {
    let url = server;
    let drop = async () => {};
    const opened: Queues[] = [];

    beforeAll(async () => {
      if (name === 'PostgreSQL' && present) ({ url, drop } = await freshPostgresDatabase());
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((queues) => queues.close()));
    });
    afterAll(() => drop());

    const open: Tried['open'] = async (options = {}) => {
      const result = await openQuick(options.url ?? url, options.prefix ?? randomUUID(), options);
      opened.push(result.queues);
      return result;
    };

    describe.skipIf(!present)(part, () => suite({ name, url: () => url, open }));
  });
}
