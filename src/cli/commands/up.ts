import type { Command } from 'commander';
import pc from 'picocolors';
import type { App } from '../../app.ts';
import { DearError } from '../../errors.ts';
import { type QueueName, queueNames } from '../../queue/port.ts';
import type { Faces, Role } from '../../roles.ts';
import type { Cli, Register } from '../cli.ts';
import type { Output } from '../output.ts';
import { untilStopped } from '../stop.ts';

/** `dear up`, `dear serve`, `dear work`: what runs until it is stopped. */
export const up: Register = (program, cli) => {
  program
    .command('up')
    .description('run everything in this process: endpoints, inbox and workers')
    .action((_options, command: Command) => run(cli, command, { faces: true, queues: queueNames }));
  program
    .command('serve')
    .description('run the public endpoints and the inbox')
    .action((_options, command: Command) => run(cli, command, { faces: true, queues: [] }));
  program
    .command('work [queue...]')
    .description(`run workers: ${queueNames.join(', ')}; all of them when none is named`)
    .action((names: string[], _options, command: Command) =>
      run(cli, command, { faces: false, queues: names.length === 0 ? queueNames : names.map(queueName) }),
    );
};

function queueName(name: string): QueueName {
  const known = queueNames.find((queue) => queue === name);
  if (known !== undefined) return known;
  throw new DearError('queue.unknown', `There is no queue named '${name}'.`, {
    kind: 'usage',
    mend: `The queues are ${queueNames.join(', ')}.`,
  });
}

interface Parts {
  readonly faces: boolean;
  readonly queues: readonly QueueName[];
}

function run(cli: Cli, command: Command, parts: Parts): Promise<void> {
  const out = cli.out(command);
  const stop = untilStopped();
  return cli.withApp(async (app) => {
    const { serverNames } = await import('../../delivery/server-list.ts');
    const running = await start(app, parts);
    try {
      announce(app, out, running.faces, parts.queues, serverNames(app.config.smtpUrl));
      await stop.stopped;
      out.say('Stopping: letters in flight finish, nothing new starts.');
    } finally {
      await running.close();
      stop.release();
    }
  }, 'thread');
}

/** Starts the parts; when one cannot start, those that did are closed again. */
async function start(app: App, parts: Parts): Promise<Role & { faces: Faces | undefined }> {
  // A killed worker's job comes back no later than its letters do.
  const { leaseMs } = app.config;
  // Everything that runs until it is stopped, which no other command needs.
  const { openQueues } = await import('../../queue/open.ts');
  const { startFaces, startWorkers } = await import('../../roles.ts');
  const timing = { lockMs: Math.min(10_000, leaseMs), stalledCheckMs: Math.min(5000, leaseMs / 2) };
  const queues = await openQueues({ url: app.config.queueUrl, log: app.log, timing });
  let faces: Faces | undefined;
  try {
    faces = parts.faces ? await startFaces(app, queues) : undefined;
    const workers = await startWorkers(app, queues, parts.queues);
    return {
      faces,
      close: async () => {
        await faces?.close();
        await workers.close();
      },
    };
  } catch (error) {
    await faces?.close();
    await queues.close();
    throw error;
  }
}

function announce(
  app: App,
  out: Output,
  faces: Faces | undefined,
  queues: readonly QueueName[],
  servers: string,
): void {
  out.say(`${pc.green('✓')} Dear is up. Ctrl-C stops it.`);
  if (faces !== undefined) {
    out.say(
      `  letters lead to   ${app.config.publicUrl} (listening on ${app.config.httpHost}:${faces.httpPort})`,
    );
    out.say(`  the API is at     ${app.config.publicUrl}/api; \`dear keys add\` lets other systems in`);
    out.say(`  replies come to   ${app.config.inboundHost}:${faces.inboundPort} over SMTP`);
  }
  if (queues.length > 0) out.say(`  working on        ${queues.join(', ')}`);
  if (queues.includes('send')) out.say(`  letters leave by  ${servers}`);
  out.data({ httpPort: faces?.httpPort, inboundPort: faces?.inboundPort, queues });
}
