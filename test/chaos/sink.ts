import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type Ask, type DialogueStage, type SinkReport, saidSchema } from './sink-protocol.ts';
import type { SinkScript } from './sink-script.ts';

/** The sink as its parent sees it. */
export interface ChaosSink {
  readonly port: number;
  report(): Promise<SinkReport>;
  /** Starts counting the connections of a client that end without the sink's doing. */
  watch(client: string): Promise<void>;
  /** Resolves with the client that reaches the stage for the `after`th time from now; it is held there a moment. */
  ambush(stage: DialogueStage, after: number): Promise<string>;
  close(): Promise<void>;
}

/** How long a client is held at an ambush, ms: enough for the signal to reach it. */
const HOLD_MS = 60;

export async function startSink(script: SinkScript): Promise<ChaosSink> {
  const child = fork(new URL('./sink-process.ts', import.meta.url), [JSON.stringify(script)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const client = new SinkClient(child);
  const port = await client.port;
  return {
    port,
    report: () => client.ask({ what: 'report' }),
    watch: async (name) => void (await client.ask({ what: 'watch', name })),
    ambush: (stage, after) => client.ambush({ what: 'ambush', stage, after, holdMs: HOLD_MS }),
    close: () => client.close(),
  };
}

class SinkClient {
  readonly port: Promise<number>;
  private readonly child: ChildProcess;
  private readonly answers = new Map<number, (report: SinkReport) => void>();
  private sprung: (client: string) => void = () => undefined;
  private asked = 0;
  private closing = false;

  constructor(child: ChildProcess) {
    this.child = child;
    this.port = new Promise((resolve, reject) => {
      child.once('exit', () => {
        if (!this.closing) reject(new Error('the sink died'));
      });
      child.on('message', (message) => {
        const said = saidSchema.parse(message);
        if ('port' in said) resolve(said.port);
        else if ('sprung' in said) this.sprung(said.sprung);
        else this.answers.get(said.number)?.(said.report);
      });
    });
  }

  ask(ask: Ask): Promise<SinkReport> {
    this.asked += 1;
    const number = this.asked;
    return new Promise((resolve, reject) => {
      this.answers.set(number, (report) => {
        this.answers.delete(number);
        resolve(report);
      });
      this.child.send({ number, ask }, (error) => error && reject(error));
    });
  }

  async ambush(ask: Ask): Promise<string> {
    const client = new Promise<string>((resolve) => {
      this.sprung = resolve;
    });
    await this.ask(ask);
    return client;
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.child.exitCode !== null) return;
    this.child.disconnect();
    await once(this.child, 'exit');
  }
}
