import { openQueues } from '../../src/queue/open.ts';
import { everyQueue, startWorkers } from '../../src/roles.ts';
import { openInstallation } from './installation.ts';
import { runStep } from './steps.ts';

/** One more worker process, for as long as the contest lasts. */
await runStep(async (options, { ready, arrived }) => {
  const app = await openInstallation(options);
  const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
  const workers = await startWorkers(app, queues, everyQueue);
  await ready();
  await arrived;
  await workers.close();
  await app.close();
  return {};
});
