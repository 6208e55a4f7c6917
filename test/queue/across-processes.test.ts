import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openQueues } from '../../src/queue/open.ts';
import type { Word } from './child.ts';
import { onEveryServer } from './every-queue.ts';
import { gate, MemoryLog, quick, runs, startProxy, until } from './harness.ts';

onEveryServer('across processes', ({ url, open }) => {
  test('the job of a worker that was killed in the middle is taken by another one', async () => {
    const prefix = randomUUID();
    const { queues } = await open({ prefix });
    const child = startChild('hang', url() ?? '', prefix);
    const gone = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    await queues.add('plan', [{ payload: { runId: 1 }, key: 'plan-1' }]);
    await said(child, 'taken');
    child.kill('SIGKILL');
    expect(await gone).toBe('SIGKILL');
    const seen: number[] = [];
    await queues.process('plan', async ({ runId }) => void seen.push(runId));
    await until(() => seen.length > 0);
    await until(async () => (await queues.counts('plan')).active === 0);
    expect(seen).toEqual([1]);
    await queues.add('plan', [{ payload: { runId: 2 }, key: 'plan-1' }]);
    await until(() => seen.length === 2);
  });

  test('a lost connection is told once, refuses in time, and heals', async () => {
    const proxy = await startProxy(url() ?? '');
    const log = new MemoryLog();
    const { queues } = await open({ url: proxy.url, log, timing: { operationMs: 1000 } });
    const seen: number[] = [];
    await queues.process('plan', async ({ runId }) => void seen.push(runId), { concurrency: 2 });
    await queues.process('send', async ({ runId }) => void seen.push(runId));
    await queues.add('plan', runs(1, 1));
    await until(() => seen.length === 1);
    await until(async () => (await queues.counts('plan')).active === 0);
    await proxy.cut();
    for (const job of runs(2, 3)) {
      await expect(queues.add('plan', [job])).rejects.toMatchObject({ code: 'queue.unreachable' });
    }
    await proxy.mend();
    await until(() =>
      queues.add('plan', runs(4, 4)).then(
        () => true,
        () => false,
      ),
    );
    await queues.add('send', runs(5, 5));
    await until(() => seen.includes(4) && seen.includes(5));
    expect(log.count(/does not answer/)).toBe(1);
    expect(log.count(/answers again/)).toBe(1);
    await queues.close();
    await proxy.cut();
  });

  test('closing while the server is away ends in time', async () => {
    const proxy = await startProxy(url() ?? '');
    const { queues } = await open({ url: proxy.url, timing: { closeMs: 500 } });
    const hold = gate();
    const started = gate();
    await queues.process('plan', async () => {
      started.open();
      await hold.opened;
    });
    await queues.add('plan', runs(1, 1));
    await started.opened;
    await proxy.cut();
    const closed = queues.close();
    hold.open();
    await closed;
  });
});

describe('queues: embedded, across processes', () => {
  // The process is the queue: what it held is gone with it, and the sweeper makes it again from the ledger.
  // Nothing else of it can be lost or shared across processes.
  test('after a kill, a fresh one starts empty and works', async () => {
    const child = startChild('hang', '', 'dear');
    await said(child, 'taken');
    const gone = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    child.kill('SIGKILL');
    expect(await gone).toBe('SIGKILL');
    const queues = await openQueues({ url: undefined, log: new MemoryLog(), timing: quick });
    expect(await queues.counts('plan')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
    const seen: number[] = [];
    await queues.process('plan', async ({ runId }) => void seen.push(runId));
    await queues.add('plan', runs(1, 1));
    await until(() => seen.length === 1);
    await queues.close();
  });
});

function startChild(...args: string[]): ChildProcess {
  const script = fileURLToPath(new URL('child.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function said(child: ChildProcess, word: Word): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').includes(word)) resolve();
    });
    child.once('exit', () => reject(new Error(`The child ended without saying ${word}: ${text}`)));
  });
}
