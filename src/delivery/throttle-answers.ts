import type { Outcome } from './transport.ts';

/** What an answer asks of us: to be slower with a destination, or it is greylisting, which only wants a second try. */
export type Complaint = 'rate' | 'greylisting';

/** Words with which servers ask for fewer letters, whatever the code. */
const RATE_WORDS =
  /\brate\b|throttl|too (many|fast|frequent)|slow (it )?down|limit(s|ed)? (was |has been |is )?(exceeded|reached)|exceed\w* .{0,40}limit|unusual|server (is )?(too )?busy|congest|resources? temporarily|temporarily deferred due to/i;
const GREY_WORDS = /gr[ae]y[- ]?list/i;

/**
 * What a deferral says about our speed; undefined when it speaks of this letter or this mailbox alone.
 *
 * After RFC 3463: X.7 is policy, where providers put their rate answers (4.7.0, 4.7.28, 4.7.650 …); 4.3.2 is a
 * system that takes no mail now; 4.4.5 is congestion. X.1 and X.2 speak of one mailbox: 4.2.1 (disabled, and
 * Gmail's "this user receives too much mail") and 4.2.2 (full) say nothing about the next reader at that domain,
 * nor does X.5 or X.6, nor a check of SPF, DKIM or the host's name that failed for now (X.7.20 to X.7.32, RFC 7372
 * and what Gmail added; its 4.7.28 is about speed). Without an enhanced code 421 means 'slow down', and 450 and
 * 451 are mostly greylisting.
 */
export function complaintOf(outcome: Outcome): Complaint | undefined {
  if (outcome.kind !== 'deferred' || outcome.code === undefined) return undefined;
  const code = outcome.code;
  const response = outcome.response.slice(0, 500);
  const enhanced = /(?:^|\s|-)4\.(\d{1,3})\.(\d{1,3})\b/.exec(response);
  const [subject, detail] = [enhanced?.[1], enhanced?.[2]];
  if (GREY_WORDS.test(response)) return 'greylisting';
  if (subject === '1' || subject === '2' || subject === '5' || subject === '6') return undefined;
  if (code === 421 || RATE_WORDS.test(response)) return 'rate';
  if (subject === '7')
    return detail === '1' ? 'greylisting' : isAuthentication(Number(detail)) ? undefined : 'rate';
  if ((subject === '3' && detail === '2') || (subject === '4' && detail === '5')) return 'rate';
  return subject === undefined && (code === 450 || code === 451) ? 'greylisting' : undefined;
}

const isAuthentication = (detail: number) => detail >= 20 && detail <= 32 && detail !== 28;

/** Whether the answer came before the server knew for whom the letter is: then it is the server that complains. */
export function beforeReader(outcome: Outcome): boolean {
  return outcome.kind === 'deferred' && ['connect', 'tls', 'auth', 'mail'].includes(outcome.stage);
}
