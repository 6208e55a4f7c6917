/** Why a profile of the audience gets no letter. One word list for ledger, reports and `why`. */
export const skipReasons = [
  'no consent',
  'suppressed',
  'over frequency',
  'paused by the customer',
  'holdout',
  'data missing',
  'invalid address',
  'no longer worth sending',
  'cancelled',
] as const;

export type SkipReason = (typeof skipReasons)[number];

export const finalStates = ['accepted', 'failed', 'skipped', 'unknown'] as const;
export const openStates = ['queued', 'deferred', 'sending'] as const;
export type SendState = (typeof finalStates)[number] | (typeof openStates)[number];
export type RunState = 'planning' | 'running' | 'paused' | 'cancelled' | 'finished';

/** The states in which letters leave: those that are planned need not wait for the rest of the audience. */
export const sendingStates: readonly RunState[] = ['planning', 'running'];
