import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../../src/app.ts';
import { measureHttp } from './http-load.ts';
import { openInstallation } from './installation.ts';
import { percentiles } from './measure.ts';
import type { DataHttp } from './results.ts';
import { runStep } from './steps.ts';

const RATE = 10_000;
const BATCH = 100;
const SECONDS = 10;
const A_DOSSIER_EVERY_MS = 25;
const NEWEST = 20;

/** Adds events over HTTP to an installation that is full of data, and reads dossiers meanwhile. */
await runStep(async (options): Promise<DataHttp> => {
  const app = await openInstallation(options);
  const profiles = await app.profiles.count();
  const over = new AbortController();
  const dossiers = dossiersUntil(app, profiles, over.signal);
  const [http] = await measureHttp(app, [
    { batch: BATCH, connections: options.connections, seconds: SECONDS, rate: RATE, profiles },
  ]);
  over.abort();
  const times = await dossiers;
  await app.close();
  if (http === undefined) throw new Error('nothing was measured');
  return {
    ...http,
    dossierP50Ms: times(0.5),
    dossierP99Ms: times(0.99),
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
  };
});

async function dossiersUntil(app: App, profiles: number, over: AbortSignal) {
  const times: number[] = [];
  for (let index = 0; !over.aborted; index += 1) {
    const email = `customer-${(index * 7919) % profiles}@example.test`;
    const started = performance.now();
    await app.dossiers.read({ email, externalIds: [] }, NEWEST);
    // The first one starts what reads.
    if (index > 0) times.push(performance.now() - started);
    await wait(A_DOSSIER_EVERY_MS);
  }
  return percentiles(times);
}
