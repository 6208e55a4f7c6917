import { afterAll, describe, expect, test } from 'vitest';
import { planRun } from '../../src/campaigns/planner.ts';
import { reportOf } from '../../src/campaigns/report.ts';
import { eventually, type Installation, install } from '../fixtures/installation.ts';
import { openSink } from '../fixtures/sink.ts';
import { mailbox } from './mailbox.ts';

const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** A planned run of `greeting` to the addresses, with workers. */
async function send(
  environment: Record<string, string>,
  addresses: readonly string[],
): Promise<Installation> {
  const here = await install(environment);
  ends.push(here.close);
  const consents = [{ topic: 'offers', state: 'in' as const, at: Date.now() - 1000, source: 'test' }];
  await here.app.profiles.upsertMany(
    addresses.map((email) => ({ email, attributes: { firstName: 'Ann' }, consents })),
    Date.now(),
  );
  const run = await here.app.launch('greeting', false);
  await planRun(here.app.planner, run.id);
  const running = await here.up();
  ends.push(running.close);
  return here;
}

const accepted = async (here: Installation) =>
  (await reportOf(here.app.ledger, await here.app.runOf('greeting'))).states.accepted;

describe('a slow destination', () => {
  test('gets its rate and does not hold back the others', async () => {
    const sink = await openSink();
    ends.push(sink.close);
    const slow = Array.from({ length: 12 }, (_, index) => `slow-${index}@slow.test`);
    const others = Array.from({ length: 200 }, (_, index) => `other-${index}@fast.test`);
    const start = Date.now();
    const limits = { DELIVERY_LIMITS: 'slow.test,slower.test=2/s burst=2' };
    const here = await send({ SMTP_URL: sink.url, ...limits }, [...slow, ...others]);
    await eventually('all arrived', async () => sink.mails.length === 212, 60_000);
    expect(Date.now() - start, 'ten letters after the first two').toBeGreaterThanOrEqual(5000);
    const lastOther = sink.mails.findLastIndex((mail) => mail.to.endsWith('@fast.test'));
    const slowBefore = sink.mails.slice(0, lastOther).filter((mail) => mail.to.endsWith('@slow.test'));
    expect(slowBefore.length, 'the others did not wait for it').toBeLessThan(12);
    await eventually('all recorded', async () => (await accepted(here)) === 212);
    expect(new Set(sink.mails.map((mail) => mail.to)).size).toBe(212);
  });

  test('that refuses for speed is left in peace, then served; others go on', async () => {
    const attempts: number[] = [];
    const sink = await openSink((address) => {
      if (!address.endsWith('@busy.test')) return undefined;
      attempts.push(Date.now());
      return attempts.length === 1 ? [421, '4.7.28 too many messages, slow down'] : undefined;
    });
    ends.push(sink.close);
    const busy = Array.from({ length: 6 }, (_, index) => `busy-${index}@busy.test`);
    const others = Array.from({ length: 40 }, (_, index) => `other-${index}@fast.test`);
    const environment = { SMTP_URL: sink.url, SMTP_CONNECTIONS: '1', RETRY_FIRST_SECONDS: '0.1' };
    const here = await send(environment, [...busy, ...others]);
    await eventually('all accepted', async () => (await accepted(here)) === 46, 60_000);
    const [first = 0, second = 0] = attempts;
    expect(second - first).toBeGreaterThanOrEqual(4900);
    const tos = sink.mails.map((mail) => mail.to);
    // All of them within the pause, unless the machine is very slow.
    expect(tos.findIndex((to) => to.endsWith('@busy.test'))).toBeGreaterThan(5);
    expect(attempts.length).toBe(7);
  });
});

test('the first day of a warm-up lets its number of letters go, the others wait for the next day', async () => {
  const sink = await openSink();
  ends.push(sink.close);
  const today = new Date().toISOString().slice(0, 10);
  const addresses = Array.from({ length: 20 }, (_, index) => `reader-${index}@fast.test`);
  const probe = await install({ SMTP_URL: sink.url });
  ends.push(probe.close);
  const domain = (await probe.app.launch('greeting', false)).plan.from.address.split('@')[1];
  const here = await send({ SMTP_URL: sink.url, WARM_UP: `${domain} from ${today}: 5, 5, 1000` }, addresses);
  await eventually('five went', async () => (await accepted(here)) >= 5);
  const run = await here.app.runOf('greeting');
  await eventually('no other is due before midnight', async () => {
    const next = await here.app.ledger.nextDue(run.id);
    return next !== undefined && next % 86_400_000 === 0;
  });
  expect([5, 10]).toContain(sink.mails.length); // Ten when midnight passed meanwhile.
});

describe('a limit on connections', () => {
  /** A mailbox that takes its time, and knows how many letters to a domain it has in hand at once. */
  async function slowBox(thinkMs: number) {
    const inHand = new Map<string, number>();
    const most = new Map<string, number>();
    const taken: string[] = [];
    const domain = (address: string) => address.slice(address.indexOf('@') + 1);
    const box = await mailbox({
      onRcptTo: ({ address }, _session, callback) => {
        const name = domain(address);
        inHand.set(name, (inHand.get(name) ?? 0) + 1);
        most.set(name, Math.max(most.get(name) ?? 0, inHand.get(name) ?? 0));
        callback();
      },
      onData: (stream, session, callback) => {
        const [to] = session.envelope.rcptTo;
        const address = to?.address ?? '';
        stream.resume();
        stream.on('end', () => {
          setTimeout(
            () => {
              taken.push(address);
              inHand.set(domain(address), (inHand.get(domain(address)) ?? 0) - 1);
              callback(null, 'kept');
            },
            address.endsWith('@slow.test') ? thinkMs : 0,
          );
        });
      },
    });
    ends.push(box.close);
    return { url: `smtp://127.0.0.1:${box.port}`, most, taken };
  }

  test('holds over all workers, and the others do not wait for a slow destination', async () => {
    const box = await slowBox(150);
    const slow = Array.from({ length: 30 }, (_, index) => `slow-${index}@slow.test`);
    const others = Array.from({ length: 150 }, (_, index) => `other-${index}@fast.test`);
    const limits = { DELIVERY_LIMITS: 'slow.test=connections=3', SMTP_CONNECTIONS: '8' };
    const here = await send({ SMTP_URL: box.url, ...limits }, [...slow, ...others]);
    const second = await here.up();
    ends.push(second.close);
    await eventually('all arrived', async () => box.taken.length === 180, 60_000);
    expect(box.most.get('slow.test')).toBeLessThanOrEqual(3);
    expect(box.most.get('slow.test'), 'all that it takes is used').toBeGreaterThan(1);
    const lastOther = box.taken.findLastIndex((to) => to.endsWith('@fast.test'));
    const slowBefore = box.taken.slice(0, lastOther).filter((to) => to.endsWith('@slow.test'));
    expect(slowBefore.length, 'the others did not wait for it').toBeLessThan(30);
    await eventually('all recorded', async () => (await accepted(here)) === 180);
    expect(new Set(box.taken).size).toBe(180);
  });
});
