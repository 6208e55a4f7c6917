import pc from 'picocolors';
import type { App } from '../app.ts';
import type { Run } from '../campaigns/port.ts';
import { type Report, reportOf } from '../campaigns/report.ts';
import { reasonInWords, withoutAddresses } from '../delivery/refusal-words.ts';
import { FORGET_MS } from '../delivery/throttle-pace.ts';
import { slowRemarks } from '../delivery/throttle-remarks.ts';
import { WORKER_NOTICE } from '../roles.ts';
import { REFUSING_NOTICE, SERVER_NOTICE } from '../sending.ts';
import type { Output } from './output.ts';

const FRESH_MS = 15_000;
/** A server that refuses letters is tried again, and told of, every few minutes. */
const REFUSING_FRESH_MS = 900_000;

/** How far a campaign is, or all of them, and what holds it up. */
export async function showStatus(app: App, out: Output, name: string | undefined): Promise<void> {
  if (name === undefined) return showAll(app, out);
  const run = await app.runOf(name);
  const report = await reportOf(app.ledger, run);
  const remarks = await remarksOn(app, run, report.states.queued + report.states.deferred);
  out.say(
    `${pc.bold(run.campaign)} (run ${run.id}) is ${pc.bold(run.state)}${run.reason ? `: ${run.reason}` : ''}.\n`,
  );
  out.table(['state', 'letters'], [...Object.entries(report.states), ['audience', report.audience] as const]);
  const refusals = await sayRefusals(app, out, report);
  for (const remark of remarks) out.say(`\n${pc.yellow('!')} ${remark}`);
  out.data({ ...report, refusals, remarks });
}

const MOST_REFUSALS = 5;

/** Why letters failed, or are put off, in the words of the servers. */
export async function sayRefusals(app: App, out: Output, { run, campaign, states }: Report) {
  if (states.failed + states.deferred === 0) return [];
  const found = await app.ledger.refusals(run, MOST_REFUSALS);
  const refusals = found.map(({ example, reason, ...rest }) => ({
    ...rest,
    reason: reason ?? null,
    example: example === undefined ? null : withoutAddresses(example),
  }));
  out.say();
  out.table(
    ['why letters failed or are put off', 'letters', 'such as'],
    refusals.map(({ state, reason, count, example }) => [reasonOf(state, reason), count, example ?? '']),
  );
  if (states.failed > 0)
    out.say(
      `\nOnce that is mended, \`dear campaign resolve ${campaign} --failed resend\` sends again what a server refused.`,
    );
  return refusals;
}

function reasonOf(state: 'failed' | 'deferred', reason: string | null): string {
  const words = reason === null ? 'no reason' : reasonInWords(reason);
  return state === 'failed' ? `failed: ${words}` : `put off: ${words} for now`;
}

async function showAll(app: App, out: Output): Promise<void> {
  const reports = [];
  for (const run of await app.runs.list()) reports.push(await reportOf(app.ledger, run));
  if (reports.length === 0) out.say('No campaign was launched yet: `dear campaign launch NAME` does it.');
  else {
    out.table(
      ['campaign', 'run', 'state', 'audience', 'waiting', 'accepted', 'skipped', 'failed', 'unknown'],
      reports.map(({ campaign, run, state, audience, states }) => [
        campaign,
        run,
        state,
        audience,
        states.queued + states.deferred + states.sending,
        states.accepted,
        states.skipped,
        states.failed,
        states.unknown,
      ]),
    );
  }
  out.data(reports);
}

/** What a person should know about letters that wait. */
async function remarksOn(app: App, run: Run, waiting: number): Promise<string[]> {
  if (waiting === 0 || run.state === 'finished' || run.state === 'cancelled') return [];
  const notices = new Map((await app.notices.list()).map((notice) => [notice.key, notice]));
  const remarks: string[] = [];
  const server = notices.get(SERVER_NOTICE);
  if (server !== undefined) remarks.push(`${server.text} Since ${clock(server.since)}.`);
  for (const { key, text, at } of notices.values())
    if (key.startsWith(REFUSING_NOTICE) && Date.now() - at < REFUSING_FRESH_MS)
      remarks.push(`${text} Last at ${clock(at)}.`);
  const worker = notices.get(WORKER_NOTICE);
  if (worker === undefined || Date.now() - worker.at > FRESH_MS) {
    remarks.push('No worker is running, so nothing leaves: start `dear up` or `dear work`.');
  }
  remarks.push(...slowRemarks(await app.permits.slowed(FORGET_MS), Date.now()));
  const next = await app.ledger.nextDue(run.id);
  if (next !== undefined && next > Date.now()) remarks.push(`The next letter is due at ${clock(next)}.`);
  return remarks;
}

const clock = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
