import type { Stage } from './transport.ts';

/**
 * What the next answer is for; `final` from the first octet of the letter that is written. After a refusal follow
 * the answers to what was said with the refused command, `dot` for an empty letter that must be ended, and `reset`.
 * `letter`: the server waits for one that was announced, and nobody has asked to send it yet.
 */
export type Due = 'mail' | 'rcpt' | 'data' | 'letter' | 'final' | 'dot' | 'reset' | 'nothing';

/** The stage at which a letter is while an answer is due. */
export function stageOf(due: Due): Stage {
  if (due === 'letter') return 'data';
  return due === 'mail' || due === 'rcpt' || due === 'data' ? due : 'final';
}

/** Whether this can be the answer to that: no fits anything, go on only DATA (RFC 5321 §4.3.2). */
export function fits(code: number, due: Due): boolean {
  return code >= 400 || code >= 300 === (due === 'data');
}
