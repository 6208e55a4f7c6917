import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { type App, openApp } from '../../src/app.ts';
import { planRun } from '../../src/campaigns/planner.ts';
import { loadConfig } from '../../src/config.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { type ChaosSink, startSink } from './sink.ts';
import type { SinkScript } from './sink-script.ts';
import { Crew } from './workers.ts';

/** An installation of Dear with a campaign that waits to be sent, a sink, and workers that can be started. */
export interface Site {
  readonly app: App;
  readonly store: Store;
  readonly sink: ChaosSink;
  readonly crew: Crew;
  readonly runId: number;
  readonly audience: number;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly cli: string;
  readonly letters: number;
  readonly script: SinkScript;
  /** DATABASE_URL and QUEUE_URL; empty for what is embedded. */
  readonly servers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly leaseSeconds: number;
  /** Seconds of silence after which a worker gives a connection up. */
  readonly patience: number;
}

export async function openSite(options: SiteOptions): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-chaos-'));
  const sink = await startSink(options.script);
  const environment = {
    ...options.servers,
    DATA_DIR: join(folder, 'data'),
    SECRET: 'the secret of a chaotic shop',
    SMTP_CONNECTIONS: String(options.connections),
    LEASE_SECONDS: String(options.leaseSeconds),
    RETRY_FIRST_SECONDS: '0.5',
    // A limit that nobody reaches, so that it is counted for every letter.
    DEFAULT_FREQUENCY: '1000 per week',
    LOG_LEVEL: 'warn',
  };
  const smtpUrl = (name: string) => `smtp://127.0.0.1:${sink.port}?timeout=${options.patience}&name=${name}`;
  const config = loadConfig({ ...environment, SMTP_URL: smtpUrl('nobody') }, folder);
  const templatesDir = resolve(import.meta.dirname, '../fixtures/templates');
  const app = await openApp({ ...config, templatesDir }, pino({ level: 'silent' }));
  const store = await openStore(config.databaseUrl, config.secret);
  const crew = new Crew(options.cli, folder, (name) => ({ ...environment, SMTP_URL: smtpUrl(name) }));
  const run = await launch(app, options.letters);
  return {
    app,
    store,
    sink,
    crew,
    runId: run,
    audience: options.letters,
    close: async () => {
      await crew.killAll();
      await sink.close();
      await store.close();
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** So many readers who want the letter, on some receiving domains, and a run that is planned for them. */
async function launch(app: App, letters: number): Promise<number> {
  const at = Date.now();
  const readers = Array.from({ length: letters }, (_, index) => ({
    email: `reader-${index + 1}@d${index % 16}.example.test`,
    attributes: { firstName: `Reader ${index + 1}` },
    consents: [{ topic: 'offers', state: 'in' as const, at: at - 1000, source: 'test' }],
  }));
  await app.profiles.upsertMany(readers, at);
  const run = await app.launch('greeting', false);
  await planRun(app.planner, run.id);
  return run.id;
}
