import { EventEmitter } from 'node:events';
import { DearError } from '../../errors.ts';

/** What is asked of the embedded queue that it cannot do. It does what Dear uses, and nothing by halves. */
export function unsupported(what: string): DearError {
  return new DearError('queue.unsupported', `The embedded queue has no ${what}.`, {
    mend: 'Point QUEUE_URL at redis:// or postgres://, where BullMQ has all of its features.',
  });
}

async function refuse(operation: string): Promise<never> {
  throw unsupported(operation);
}

/** The operations of BullMQ's contract that Dear has no use for: flows, priorities, rates, events, house-keeping. */
export abstract class UnsupportedOperations extends EventEmitter {
  forQueue(): never {
    throw unsupported('forQueue');
  }
  parseNodeKey(): never {
    throw unsupported('parseNodeKey');
  }
  addFlow = () => refuse('addFlow');
  moveToWaitingChildren = () => refuse('moveToWaitingChildren');
  moveJobFromActiveToWait = () => refuse('moveJobFromActiveToWait');
  retryFinishedJob = () => refuse('retryFinishedJob');
  promote = () => refuse('promote');
  retryFinishedJobs = () => refuse('retryFinishedJobs');
  promoteJobs = () => refuse('promoteJobs');
  drain = () => refuse('drain');
  cleanJobsByState = () => refuse('cleanJobsByState');
  obliterate = () => refuse('obliterate');
  removeOrphanedJobs = () => refuse('removeOrphanedJobs');
  updateData = () => refuse('updateData');
  updateProgress = () => refuse('updateProgress');
  addLog = () => refuse('addLog');
  clearLogs = () => refuse('clearLogs');
  changeDelay = () => refuse('changeDelay');
  changePriority = () => refuse('changePriority');
  remove = () => refuse('remove');
  removeUnprocessedChildren = () => refuse('removeUnprocessedChildren');
  removeChildDependency = () => refuse('removeChildDependency');
  removeDeduplicationKey = () => refuse('removeDeduplicationKey');
  deleteDeduplicationKey = () => refuse('deleteDeduplicationKey');
  removeJobScheduler = () => refuse('removeJobScheduler');
  getJobScheduler = () => refuse('getJobScheduler');
  getJobSchedulerData = () => refuse('getJobSchedulerData');
  getJobSchedulersRange = () => refuse('getJobSchedulersRange');
  getJobSchedulersCount = () => refuse('getJobSchedulersCount');
  getState = () => refuse('getState');
  isFinished = () => refuse('isFinished');
  isMaxed = () => refuse('isMaxed');
  isJobInState = () => refuse('isJobInState');
  getDeduplicationJobId = () => refuse('getDeduplicationJobId');
  getJobLogs = () => refuse('getJobLogs');
  getRateLimitTtl = () => refuse('getRateLimitTtl');
  getDependencyCounts = () => refuse('getDependencyCounts');
  getDependencies = () => refuse('getDependencies');
  getProcessedChildrenValues = () => refuse('getProcessedChildrenValues');
  getIgnoredChildrenFailures = () => refuse('getIgnoredChildrenFailures');
  getMetrics = () => refuse('getMetrics');
  getClientList = () => refuse('getClientList');
  paginate = () => refuse('paginate');
  setRateLimit = () => refuse('setRateLimit');
  removeRateLimitKey = () => refuse('removeRateLimitKey');
  removeDeprecatedPriorityKey = () => refuse('removeDeprecatedPriorityKey');
  trimEvents = () => refuse('trimEvents');
  publishEvent = () => refuse('publishEvent');
  readEvents = () => refuse('readEvents');
}
