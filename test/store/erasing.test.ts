import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { makePrivacy } from '../../src/profiles/privacy.ts';
import { StatedEvents } from '../../src/profiles/stated-events.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { auditStore } from '../../src/store/audit.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { ADDRESS, change, everything, lived, NAME, traces } from './person.ts';

onEveryStore('erasing', (open) => {
  test('leaves nothing of the person in any table, and everything of others', async () => {
    const store = await open();
    const { id, neighbour } = await lived(store);
    expect(traces(await everything(store))).toHaveLength(4);
    const privacy = makePrivacy(privacyStore(store), auditStore(store));
    const erasure = await privacy.erase(id, 'ann');
    expect(traces(await everything(store))).toEqual([]);
    expect(erasure).toMatchObject({ profileId: id, skipped: 1, unknown: 0, marks: 1, mentions: [] });
    expect(erasure.removed).toMatchObject({ profiles: 1, events: 3, sends: 2, arrivals: 5, suppressions: 1 });
    expect(await eventStore(store).timeline(neighbour, 10)).toHaveLength(1);
    expect(await consentStore(store).of(neighbour)).toHaveLength(1);
    const [{ count } = { count: 0 }] = await store.rows<{ count: number }>(
      sql`SELECT count(*) AS count FROM arrivals`,
    );
    expect(count).toBe(1);
    await expect(privacy.erase(id, 'ann')).rejects.toMatchObject({ code: 'profile.unknown' });
  });

  test('keeps every count of a report, and skips what waited with a reason', async () => {
    const store = await open();
    const { id, sent, waiting, sendId } = await lived(store);
    const ledger = ledgerReader(store);
    const before = [await ledger.counts(sent.id), await ledger.variants(sent.id)];
    expect(before[1]).toMatchObject([{ accepted: 2, opened: 1, clicked: 1, replied: 1 }]);
    const people = privacyStore(store);
    await people.erase(id, 'ann');
    expect([await ledger.counts(sent.id), await ledger.variants(sent.id)]).toEqual(before);
    expect(await ledger.counts(waiting.id)).toEqual([
      { state: 'queued', reason: undefined, count: 1 },
      { state: 'skipped', reason: 'erased', count: 1 },
    ]);
    expect(await people.isErasedLetter(sendId)).toBe(true);
    expect(await people.isErasedLetter(sendId + 1000)).toBe(false);
  });

  test('no import and no event brings the person back, until somebody readmits them', async () => {
    const store = await open();
    const { id } = await lived(store);
    const people = privacyStore(store);
    await people.erase(id, 'ann');
    const profiles = profileStore(store);
    const fresh = { ...change('new@example.test'), consents: [] };
    expect(await profiles.upsertMany([change(ADDRESS), fresh], 9)).toEqual({
      added: 1,
      updated: 0,
      unchanged: 0,
      erased: new Set([ADDRESS]),
    });
    expect(await profiles.ensure([ADDRESS, 'more@example.test'], 9)).toBe(1);
    expect(await profiles.byEmail(ADDRESS)).toBeUndefined();
    expect(await people.erasedAmong([ADDRESS, 'new@example.test'])).toEqual(new Set([ADDRESS]));
    expect(await people.readmit(ADDRESS)).toBe(true);
    expect(await people.readmit(ADDRESS)).toBe(false);
    expect(await profiles.upsertMany([change(ADDRESS)], 9)).toMatchObject({ added: 1 });
    expect((await profiles.byEmail(ADDRESS))?.id).not.toBe(id);
  });

  test('a sign-up that nobody confirmed lets nothing about the person in', async () => {
    const store = await open();
    const { id } = await lived(store);
    const people = privacyStore(store);
    await people.erase(id, 'ann');
    const confirmations = confirmationStore(store);
    const at = Date.now();
    const topics = [{ name: 'offers', wording: undefined }];
    const asked = await confirmations.request(
      { address: ADDRESS, topics, source: 'page', proof: undefined, at, expiresAt: at + 1000 },
      { windowMs: 1000, most: 2, pauseMs: 0 },
    );
    const profiles = profileStore(store);
    const anew = (await profiles.byEmail(ADDRESS))?.id;
    const tellAll = async () => {
      const { erased = new Set() } = await profiles.upsertMany([change(ADDRESS, { name: NAME })], at);
      const event = { type: 'order', at, key: undefined, digest: 1, whose: ADDRESS, properties: '{}' };
      const { nobody } = await eventStore(store).addStated(StatedEvents.of([event]), true, at);
      const [found] = await identityStore(store).resolve(
        [{ email: ADDRESS, externalIds: [{ source: 'shop', value: '1' }] }],
        at,
        { create: true },
      );
      return { erased: erased.has(ADDRESS), nobody: nobody.map(({ isErased }) => isErased), found };
    };
    expect(await tellAll()).toEqual({ erased: true, nobody: [true], found: undefined });
    expect((await profiles.byEmail(ADDRESS))?.attributes).toEqual({});
    await confirmations.answer(asked.id ?? 0, 'yes', at + 1, 'the link');
    expect(await tellAll()).toEqual({ erased: false, nobody: [], found: anew });
    expect((await profiles.byEmail(ADDRESS))?.attributes).toMatchObject({ name: NAME });
  });

  test('an import that runs at the same moment brings nobody back', async () => {
    const store = await open();
    const { id } = await lived(store);
    const profiles = profileStore(store);
    const row = (round: number) => change(ADDRESS, { name: `${NAME} ${round}` });
    const importing = async (round: number) => {
      await profiles.upsertMany([row(round), change('neighbour@example.test')], round);
      await profiles.ensure([ADDRESS], round);
    };
    const rounds = [1, 2, 3, 4, 5, 6];
    await Promise.all([
      ...rounds.map(importing),
      privacyStore(store).erase(id, 'ann'),
      ...rounds.map(importing),
    ]);
    expect(await profiles.byEmail(ADDRESS)).toBeUndefined();
    expect(traces(await everything(store))).toEqual([]);
  });

  test('takes merged profiles along, and lets no former address or external id back in', async () => {
    const store = await open();
    const { id, sent, neighbour } = await lived(store);
    const identities = identityStore(store);
    const shop = (value: string) => ({ source: 'shop', value });
    await identities.resolve([{ profileId: id, externalIds: [shop('4711')] }], 1, { create: false });
    await identities.merge(id, neighbour, { by: 'ann', why: 'the same person' }, 2);
    const before = await ledgerReader(store).counts(sent.id);
    const people = privacyStore(store);
    const told = await people.holdings(neighbour);
    expect(told?.profile.id).toBe(id);
    expect(told?.rows).toMatchObject({
      externalIds: [{ source: 'email' }, { source: 'shop', value: '4711' }],
      mergedProfiles: [{ id: neighbour }],
    });
    expect(told?.rows.sends).toHaveLength(4);
    expect(await people.erase(neighbour, 'ann')).toMatchObject({ profileId: id, marks: 3 });
    expect(traces(await everything(store))).toEqual([]);
    expect(await everything(store)).not.toMatch(/neighbour|4711/);
    expect(await ledgerReader(store).counts(sent.id)).toEqual(before);
    const asked = [
      { email: ADDRESS, externalIds: [] },
      { email: 'neighbour@example.test', externalIds: [] },
      { externalIds: [shop('4711')] },
      { email: 'another@example.test', externalIds: [shop('4711')] },
      { email: 'fresh@example.test', externalIds: [shop('1')] },
      { email: ADDRESS, externalIds: [shop('2')] },
    ];
    const found = await identities.resolve(asked, 5, { create: true });
    expect(found.map((one) => one !== undefined)).toEqual([false, false, false, false, true, false]);
    const again = await identities.resolve([{ email: ADDRESS, externalIds: [shop('1')] }], 6, {
      create: true,
    });
    expect(again).toEqual([found[4]]);
    expect(await profileStore(store).byEmail(ADDRESS)).toBeUndefined();
    expect(await people.readmit('neighbour@example.test')).toBe(true);
    const back = await identities.resolve(asked.slice(0, 4), 7, { create: true });
    expect(new Set(back.map((one) => one !== undefined))).toEqual(new Set([true]));
  });

  test('a letter on its way gets time to arrive, and is unknown when it does not', async () => {
    const store = await open();
    const [id = 0] = await makeReaders(store, 1);
    const run = await makeRun(store, [id]);
    const ledger = sendLedger(store);
    const { token, sends } = await ledger.lease(run.id, 10, 60_000);
    const [send] = sends;
    await ledger.advance(
      [],
      [{ id: send?.id ?? 0, profileId: id, token, decision: '{}', sourceHash: 'hash' }],
      undefined,
    );
    expect(await privacyStore(store).halt(id)).toEqual({ skipped: 0, inFlight: 1 });
    let now = 0;
    const privacy = makePrivacy(privacyStore(store), auditStore(store), () => {
      now += 3000;
      return now;
    });
    expect(await privacy.erase(id, 'ann')).toMatchObject({ unknown: 1 });
    const late = { id: send?.id ?? 0, token, state: 'failed' as const, reason: 'mailbox', code: 550 };
    const words = {
      response: `550 no ${ADDRESS}`,
      retryInMs: 0,
      suppress: { address: ADDRESS, reason: 'bounced' },
    };
    await ledger.advance([{ ...late, ...words }], [], undefined);
    expect(await ledgerReader(store).send(send?.id ?? 0)).toMatchObject({
      state: 'unknown',
      response: undefined,
    });
    expect(await suppressionStore(store).list(10)).toMatchObject([{ reason: 'erased' }]);
  });

  test('rows that were written while the person was erased are removed afterwards', async () => {
    const store = await open();
    const { id, sendId } = await lived(store);
    const people = privacyStore(store);
    await people.erase(id, 'ann');
    await eventStore(store).addMany(
      [{ key: 'late', profileId: id, type: 'order', at: 10, properties: { engraving: NAME } }],
      20,
    );
    // The event, and the mark that traits have to be derived anew.
    expect(await people.eraseEchoes(0)).toBe(2);
    expect(await people.eraseEchoes(0)).toBe(0);
    const arrivals = arrivalStore(store);
    await arrivals.add([{ kind: 'open', at: 80, facts: { send: sendId, agent: 'her very own program' } }]);
    const [open1] = await arrivals.waiting(0, 10);
    const happened = { type: 'opened' as const, sendId, key: `opened:${sendId}`, at: 80, properties: {} };
    await arrivals.fold([{ arrivalId: open1?.id ?? 0, finding: { state: 'folded', happened } }], 90);
    expect(await everything(store)).not.toContain('her very own');
  });

  test('the audit log keeps who did it, and nothing that was said about the profile', async () => {
    const store = await open();
    const { id } = await lived(store);
    const audit = auditStore(store);
    const privacy = makePrivacy(privacyStore(store), audit);
    await audit.add({
      actor: 'bob',
      action: 'change',
      subject: `profile:${id}`,
      detail: { told: NAME },
    });
    await privacy.export(id, 'bob');
    await privacy.erase(id, 'ann');
    expect(await audit.list({ subject: `profile:${id}`, limit: 10 })).toMatchObject([
      { actor: 'ann', action: 'erase', detail: { events: 3, profiles: 1 } },
      { actor: 'bob', action: 'export', detail: undefined },
      { actor: 'bob', action: 'change', detail: undefined },
    ]);
    expect(await audit.list({ action: 'export', actor: 'ann', limit: 10 })).toEqual([]);
    expect(await audit.list({ since: Date.now() + 60_000, limit: 10 })).toEqual([]);
  });

  test('says where people wrote the address themselves', async () => {
    const store = await open();
    const { id } = await lived(store);
    await store.run(
      sql`INSERT INTO segments (name, rule, updated_at) VALUES ('testers', ${JSON.stringify({ email: ADDRESS })}, 1)`,
    );
    const { mentions } = await makePrivacy(privacyStore(store), auditStore(store)).erase(id, 'ann');
    expect(mentions).toEqual(['the segment testers']);
  });
});
