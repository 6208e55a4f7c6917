import { describe, expect, test } from 'vitest';
import { continueSchedule, putSchedule } from '../../../src/queue/memory/schedules.ts';
import { memoryQueue } from './fixture.ts';

const put = (queue: ReturnType<typeof memoryQueue>['queue'], every: number) =>
  putSchedule(queue, 'sweep', { repeat: { name: 'sweep', every }, data: '{}', options: { removeOnFail: 5 } });

describe('a schedule', () => {
  test('has one job at a time, the first at once', async () => {
    const { queue, backend } = memoryQueue();
    const [first, delayMs] = put(queue, 1000);
    expect(delayMs).toBe(0);
    expect(put(queue, 1000)).toEqual([first, 0]);
    const [job, id] = await backend.moveToActive('a');
    expect({ id, ...job }).toMatchObject({ id: first, name: 'sweep', data: '{}', repeatJobKey: 'sweep' });
    const second = continueSchedule(queue, 'sweep', id, {});
    expect(second).toBe(`repeat:sweep:${Number(first.split(':')[2]) + 1000}`);
    // Who asks twice, or for a job that is long past, gets none.
    expect(continueSchedule(queue, 'sweep', id, {})).toBeNull();
    expect(continueSchedule(queue, 'unknown', id, {})).toBeNull();
    expect(put(queue, 1000)[0]).toBe(second);
    expect([queue.waiting.size, queue.delayed.size, queue.active.size]).toEqual([0, 1, 1]);
  });

  test('that gets another interval begins anew, at once', async () => {
    const { queue, backend } = memoryQueue();
    put(queue, 3_600_000);
    const [, id] = await backend.moveToActive('a');
    continueSchedule(queue, 'sweep', id, {});
    await backend.moveToCompleted({ id }, undefined, true, 'a', false);
    const [next, delayMs] = put(queue, 1000);
    expect(delayMs).toBe(0);
    expect(queue.jobs.size).toBe(1);
    expect((await backend.moveToActive('a'))[1]).toBe(next);
  });

  test('goes on when its jobs are given up and kept, and when they are lost', async () => {
    const { queue, backend } = memoryQueue();
    put(queue, 1);
    for (let round = 0; round < 50; round += 1) {
      let id = '';
      while (id === '') {
        await backend.waitForJob(1);
        [, id] = await backend.moveToActive('a');
      }
      continueSchedule(queue, 'sweep', id, {});
      await backend.moveToFailed({ id }, 'failed', false, 'a', false);
      if (round % 10 === 0)
        for (const job of queue.jobs.values()) if (job.place === 'delayed') queue.remove(job);
      put(queue, 1);
    }
    expect(queue.failed.size).toBe(50);
    expect(queue.waiting.size + queue.delayed.size).toBe(1);
  });
});
