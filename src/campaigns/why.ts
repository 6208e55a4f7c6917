import { DateTime } from 'luxon';
import { isUnlimited } from '../profiles/preferences.ts';
import { nameOf } from '../profiles/who.ts';
import type { Customer } from './customers.ts';
import type { Run, Send } from './port.ts';

/** A moment as a person in the given zone would write it: '3 October 2026 at 08:00 (Europe/Berlin)'. */
function moment(at: number, zone: string): string {
  return DateTime.fromMillis(at, { zone }).setLocale('en-GB').toFormat("d LLLL yyyy 'at' HH:mm '('z')'");
}

/**
 * Why this customer got, or did not get, this letter, in a sentence or two.
 * @param send undefined when the run has no send for the customer
 */
export function whySentence(run: Run, customer: Customer, send: Send | undefined): string {
  const who = nameOf(customer);
  const { campaign, segment } = run.plan;
  if (run.state === 'planning' && send === undefined) {
    return `${who} has not been looked at yet: '${campaign}' is still being planned.`;
  }
  if (send === undefined) {
    return `${who} was not in the audience of '${campaign}' when it was planned: the segment is ${segment.inWords}.`;
  }
  const zone = customer.timeZone ?? run.plan.timeZone;
  const chosen = `${who} is in the segment ${segment.inWords}`;
  if (send.state === 'skipped')
    return `${chosen}, but gets no letter of '${campaign}': ${skipped(run, customer, send, zone)}`;
  const variant = `the variant '${send.variant}' (drawn by a stable hash)`;
  switch (send.state) {
    case 'accepted':
      return `${chosen}, may be written to about ${run.plan.topic}, and got ${variant}: the receiving server accepted it on ${moment(send.claimedAt ?? send.finishedAt ?? send.plannedAt, zone)}${reactions(send)}.`;
    case 'sending':
      return `${chosen}; ${variant} is on its way right now.`;
    case 'queued':
      return `${chosen} and gets ${variant}: it ${waits(run, send, zone)}.`;
    case 'deferred':
      return `${chosen} and gets ${variant}, but the receiving server put it off ("${send.response ?? ''}"); the next attempt is on ${moment(send.dueAt, zone)}, ${attempts(send.attempts)} made so far.`;
    case 'failed':
      return `${chosen}, but ${variant} could not be sent: the receiving server refused it ("${send.response ?? ''}").`;
    case 'unknown':
      return `${chosen}; ${variant} was handed over, but the answer never came, so it may have arrived. It is not sent again on its own.`;
  }
}

function skipped(run: Run, customer: Customer, send: Send, zone: string): string {
  const frequency = customer.frequency ?? run.plan.frequency;
  const limit =
    frequency && !isUnlimited(frequency) ? `at most ${frequency.max} a ${frequency.per}` : 'no limit';
  const own = customer.frequency ? 'they chose' : 'the default is';
  switch (send.reason) {
    case 'no address':
      return 'no e-mail address of theirs is known.';
    case 'no consent':
      return `they have not agreed to letters about ${run.plan.topic}.`;
    case 'suppressed':
      return `the address must not be mailed (${send.detail ?? 'suppressed'}).`;
    case 'over frequency':
      return `${own} ${limit}, and no slot was free before ${moment(run.validUntil, zone)}, when the letter is no longer worth sending.`;
    case 'only important letters':
      return `they asked for the most important letters only, and this campaign is not marked as important.`;
    case 'paused by the customer':
      return `they asked for a pause that lasts longer than the letter is worth sending.`;
    case 'holdout':
      return `they are in the holdout of ${Math.round(run.plan.holdout * 1000) / 10}%, who get no letter so that its effect can be measured.`;
    case 'data missing':
      return `the letter needs a value that we do not have: ${send.detail ?? 'unknown'}.`;
    case 'invalid address':
      return `no mail can be sent to an address of this form.`;
    case 'no longer worth sending':
      return `it could not leave before ${moment(run.validUntil, zone)}, when it was no longer worth sending.`;
    case 'merged':
      return 'they were known twice, and the other letter of the campaign is theirs too.';
    case 'cancelled':
      return `the campaign was cancelled before it left.`;
    default:
      return `${send.reason ?? 'no reason was kept'}.`;
  }
}

function waits(run: Run, send: Send, zone: string): string {
  if (run.state === 'paused') return 'waits because the campaign is paused';
  if (run.state === 'planning') return 'waits until the campaign is planned';
  return send.dueAt > send.plannedAt + 1000
    ? `waits for a free slot within their limit and outside their quiet hours, on ${moment(send.dueAt, zone)}`
    : 'is next in the queue';
}

const attempts = (count: number) => (count === 1 ? 'one attempt' : `${count} attempts`);

function reactions(send: Send): string {
  const done = [
    send.openedAt && 'opened it',
    send.clickedAt && 'clicked a link',
    send.repliedAt && 'answered',
    send.unsubscribedAt && 'unsubscribed',
  ].filter((text) => typeof text === 'string');
  return done.length === 0 ? '' : `; since then they ${done.join(', ')}`;
}
