import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../../src/cli/output.ts';
import { type HttpLoad, measureHttp } from './http-load.ts';
import { openInstallation } from './installation.ts';
import { machine, machineLine, rounded } from './machine.ts';

/** The benchmark of events over HTTP: at a given pace, and as fast as they are taken; batched and single. */
export async function httpBench(load: HttpLoad, out: Output): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-bench-'));
  const app = await openInstallation({
    folder,
    smtpUrl: 'smtp://127.0.0.1:1',
    connections: 1,
    letters: 0,
    profiled: 0,
  });
  const loads = [load, { ...load, rate: 0 }, { ...load, rate: 0, batch: 1 }];
  try {
    const results = await measureHttp(app, loads);
    const rows = results.map((result, index) => ({ ...loads[index], ...result }));
    out.say(`\n${machineLine()}\n`);
    out.table(
      [
        'events a call',
        'sent',
        'events a second',
        'p50 ms',
        'p99 ms',
        'worst ms',
        'CPU µs an event',
        'failed calls',
      ],
      rows.map((row) => [
        row.batch ?? 0,
        row.rate ? `${row.rate} a second` : 'as fast as answered',
        row.eventsPerSecond,
        rounded(row.p50Ms),
        rounded(row.p99Ms),
        rounded(row.worstMs),
        rounded(row.cpuMicroseconds),
        row.failed,
      ]),
    );
    out.say(`\n${load.connections} connections, one process that serves; every event answered is on disk.`);
    out.data({ results: rows, machine: machine() });
  } finally {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}
