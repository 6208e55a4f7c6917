import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePrivacy } from '../../src/profiles/privacy.ts';
import { auditStore } from '../../src/store/audit.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { type LedgerFixture, sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('what is stored about a customer', (open) => {
  let store: Store;
  let server: PublicServer;
  beforeAll(async () => {
    store = await open();
    server = publicServer(store);
  });
  afterAll(() => server.http.close());

  const page = (sendId: number) => `/p/${server.tokens.of(sendId).preferences}`;
  const post = (url: string, fields: Record<string, string> = {}) =>
    server.http.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    });
  let made = 0;
  const someone = async (): Promise<LedgerFixture & { email: string }> => {
    made += 1;
    const email = `someone-${made}@example.test`;
    const letter = await sentLetter(store, { email });
    await profileStore(store).upsertMany(
      [{ email, attributes: { city: 'Köln', note: '<b>bold</b>', tags: ['a', 'b'] }, consents: [] }],
      1,
    );
    const at = Date.UTC(2026, 0, 2, 9, 30);
    const event = (type: string, properties: Record<string, string>) => ({
      key: `${type} of ${email}`,
      profileId: letter.profileId,
      type,
      at,
      properties,
    });
    await eventStore(store).addMany(
      [event('opened', { campaign: 'spring' }), event('order', { sku: 'TEA-1' })],
      at,
    );
    await consentStore(store).change(letter.profileId, 'club', 'out', at, 'at the till');
    return { ...letter, email };
  };

  test('is told in plain language, with nothing in it that runs', async () => {
    const { sendId, email } = await someone();
    const answer = await server.http.inject(`${page(sendId)}/data`);
    expect(answer.statusCode).toBe(200);
    for (const text of [
      email,
      'Köln',
      '&lt;b&gt;bold&lt;/b&gt;',
      'a, b',
      'You opened a letter of ‘spring’.',
      'You ordered something.',
      'sku: TEA-1',
      '2 January 2026 at 09:30',
      'You did not agree',
      'at the till',
      '‘spring’: sent',
    ]) {
      expect(answer.body).toContain(text);
    }
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });

  test('is taken along as one file, and nothing of others is in it', async () => {
    const { sendId, email } = await someone();
    const other = await someone();
    const answer = await post(`${page(sendId)}/download`);
    expect(answer.headers['content-disposition']).toContain('attachment');
    expect(answer.headers['content-type']).toContain('application/json');
    const whole = answer.json();
    expect(whole).toMatchObject({ format: 'dear.person/1', profile: { email } });
    expect(whole.events).toHaveLength(2);
    expect(answer.body).not.toContain(other.email);
  });

  test.each([
    ['en', 'told by: an import', 'another system of ours', 'somebody who works here'],
    ['de', 'ein Import', 'ein anderes System von uns', 'jemand, der hier arbeitet'],
    ['fr', 'une importation', 'un autre de nos systèmes', 'une personne qui travaille ici'],
    ['pl', 'import danych', 'inny z naszych systemów', 'osoba, która tu pracuje'],
  ])('names no file, folder or key of the shop, in %s', async (language, imported, system, staff) => {
    const { sendId, profileId, email } = await someone();
    await profileStore(store).upsertMany([{ email, attributes: { language }, consents: [] }], 2);
    const sources = ['import of /srv/lists/bad payers.csv', 'api key till-4', 'dear profile set'];
    for (const [place, source] of sources.entries())
      await consentStore(store).change(profileId, `topic-${place}`, 'in', 5, source);
    const suppressed = { address: email, reason: 'complaint', source: sources[0] ?? '', at: 5 };
    await suppressionStore(store).add([suppressed]);
    const shown = (await server.http.inject(`${page(sendId)}/data`)).body;
    for (const text of [imported, system, staff]) expect(shown).toContain(text);
    const own = await post(`${page(sendId)}/download`);
    expect(own.json()).toMatchObject({
      consents: expect.arrayContaining([
        expect.objectContaining({ topic: 'topic-0', source: 'import' }),
        expect.objectContaining({ topic: 'topic-1', source: 'api' }),
        expect.objectContaining({ topic: 'topic-2', source: 'staff' }),
        expect.objectContaining({ topic: 'club', source: 'at the till' }),
      ]),
      suppressions: [{ source: 'import' }],
    });
    for (const text of [shown, own.body]) {
      for (const inward of ['payers', '/srv', 'till-4', 'dear profile']) expect(text).not.toContain(inward);
    }
    const kept = await makePrivacy(privacyStore(store), auditStore(store)).export(profileId, 'ann');
    for (const source of sources) expect(JSON.stringify(kept)).toContain(source);
  });

  test('is erased only by whoever names the address, and old links then say so', async () => {
    const { sendId, runId, profileId, email } = await someone();
    for (const wrong of ['', 'someone@example.test', `x${email}`]) {
      const refused = await post(`${page(sendId)}/erase`, { email: wrong });
      expect(refused.statusCode).toBe(400);
      expect(refused.body).toContain('Nothing was erased');
    }
    expect(await profileStore(store).count()).toBeGreaterThan(0);
    const before = await ledgerReader(store).counts(runId);
    const answer = await post(`${page(sendId)}/erase`, { email: ` ${email.toUpperCase()} ` });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Everything about you is erased');
    expect(answer.body).not.toContain(email);
    expect((await profileStore(store).byIds([profileId])).size).toBe(0);
    expect(await ledgerReader(store).counts(runId)).toEqual(before);
    const { unsubscribe, preferences } = server.tokens.of(sendId);
    for (const url of [`/p/${preferences}`, `/p/${preferences}/data`, `/u/${unsubscribe}`]) {
      const gone = await server.http.inject(url);
      expect(gone.statusCode).toBe(410);
      expect(gone.body).toContain('Nothing is stored about you any more');
    }
    expect((await post(`/u/${unsubscribe}`)).statusCode).toBe(200);
  });

  test('is erased by whoever names the address that the letter went to, also after a merge', async () => {
    const [kept, merged, third] = [await someone(), await someone(), await someone()];
    const identities = identityStore(store);
    for (const one of [merged, third])
      await identities.merge(kept.profileId, one.profileId, { by: 'ann', why: 'one person' }, 5);
    const asked = await server.http.inject(`${page(merged.sendId)}/erase`);
    expect(asked.body).toContain('s•••@example.test');
    // Only this letter's address is known to who holds it, and the one that letters go to now.
    const refused = await post(`${page(merged.sendId)}/erase`, { email: third.email });
    expect(refused.statusCode).toBe(400);
    const answer = await post(`${page(merged.sendId)}/erase`, { email: merged.email });
    expect(answer.statusCode).toBe(200);
    expect((await profileStore(store).byIds([kept.profileId])).size).toBe(0);
    for (const { sendId } of [kept, merged, third])
      expect((await server.http.inject(page(sendId))).statusCode).toBe(410);
  });

  test('is erased from an old letter by whoever names the present address, though the page hints at the other', async () => {
    const { sendId, profileId, email } = await someone();
    await store.run(sql`UPDATE profiles SET email = 'present@elsewhere.test' WHERE id = ${profileId}`);
    const asked = await server.http.inject(`${page(sendId)}/erase`);
    expect(asked.body).toContain('s•••@example.test');
    expect(asked.body).not.toContain('elsewhere.test');
    expect((await post(`${page(sendId)}/erase`, { email: `x${email}` })).statusCode).toBe(400);
    expect((await post(`${page(sendId)}/erase`, { email: 'present@elsewhere.test' })).statusCode).toBe(200);
  });
});
