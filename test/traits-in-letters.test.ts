import { afterAll, expect, test } from 'vitest';
import { planRun } from '../src/campaigns/planner.ts';
import { install } from './fixtures/installation.ts';

const installation = await install({
  SMTP_URL: 'smtp://127.0.0.1:1?tls=never',
  DEFAULT_FREQUENCY: '9 per week',
});
afterAll(() => installation.close());

test('a letter reads the traits of its reader, and whoever lacks one that it needs gets none', async () => {
  const { app } = installation;
  const now = Date.now();
  const consents = [{ topic: 'offers', state: 'in' as const, at: now, source: 'test' }];
  const emails = ['buyer@example.test', 'looker@example.test'];
  await app.profiles.upsertMany(
    emails.map((email) => ({ email, attributes: { firstName: 'Ann' }, consents })),
    now,
  );
  const ids = await app.profiles.idsOf(emails);
  const buyer = ids.get('buyer@example.test') ?? 0;
  const at = Date.UTC(2026, 8, 30, 12);
  await app.events.addMany(
    [0, 1].map((index) => ({
      key: `order-${index}`,
      profileId: buyer,
      type: 'order',
      at: at - index * 86_400_000,
      properties: { order: `A${index}`, total: 10 },
    })),
    now,
  );
  const run = await app.launch('thanks', false);
  await planRun(app.planner, run.id);
  expect(await app.ledger.sendOf(run.id, ids.get('looker@example.test') ?? 0)).toMatchObject({
    state: 'skipped',
    reason: 'data missing',
    detail: 'traits.lastOrder',
  });
  expect(await app.ledger.sendOf(run.id, buyer)).toMatchObject({ state: 'queued' });
  const traits = (await app.letters.data.traits([buyer], now)).get(buyer);
  expect(traits).toMatchObject({ orders: 2, lastOrder: at });
  const { program } = await app.letters.press(run.plan.variants[0]?.sourceHash ?? '');
  const context = {
    profile: { firstName: 'Ann' },
    traits,
    data: {},
    modules: {},
    settings: run.plan.settings,
  };
  const urls = app.tokens.urls('http://localhost', 1);
  expect(program.render(context, urls)).toMatchObject({
    ok: true,
    letter: { subject: 'Thanks for 2, last on 30 September 2026, Customer' },
  });
});
