import type { FailedSend, NewText, RunStore } from '../campaigns/port.ts';
import { stageOf } from './refusal-words.ts';
import { judgeRefusal } from './refusals.ts';

/** How many failed letters wait again, and why others do not. */
export interface Resent {
  readonly resent: number;
  readonly left: Readonly<Record<string, number>>;
}

/**
 * Has those letters of a run sent again that a server refused for what they are, or for who sends them. It took none of
 * them, so nobody gets one twice.
 * @param text another text for all letters of the run that wait
 * @returns undefined when the run was cancelled or is no longer worth sending
 * @throws DearError `campaign.variant-gone`, and then nothing has changed
 */
export async function resendFailed(
  runs: Pick<RunStore, 'failed' | 'resend'>,
  runId: number,
  text: NewText | undefined,
): Promise<Resent | undefined> {
  const ids: number[] = [];
  const left: Record<string, number> = {};
  for await (const sends of runs.failed(runId)) {
    for (const send of sends) {
      const why = obstacleOf(send);
      if (why === undefined) ids.push(send.id);
      else left[why] = (left[why] ?? 0) + 1;
    }
  }
  const resent = await runs.resend(runId, ids, text);
  return resent === undefined ? undefined : { resent, left };
}

function obstacleOf({ obstacle, reason, code, response }: FailedSend): string | undefined {
  if (obstacle === 'suppressed') return 'the address must not be mailed';
  if (obstacle === 'erased') return 'the customer was erased';
  if (obstacle === 'merged') return 'the customer was known twice and has another letter';
  const stage = stageOf(reason);
  if (stage === undefined || code === undefined) return reason ?? 'nobody refused it';
  const { about } = judgeRefusal({ kind: 'failed', code, response, stage });
  if (about === 'address') return 'the server does not know the address';
  return about === 'letter' ? 'refused for this reader alone' : undefined;
}
