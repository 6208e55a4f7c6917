import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { onEveryStore } from '../stores.ts';
import { asShown, type Fields, form, now, preferencePage } from './preference-page.ts';

onEveryStore('the preference page', (open) => {
  const { store, http, letter, page, post, profile, consents } = preferencePage(open);

  test.each<[Fields, string]>([
    [
      [
        ['often', 'own'],
        ['max', '0'],
      ],
      'from 1 to 100',
    ],
    [
      [
        ['often', 'own'],
        ['max', '1e9'],
      ],
      'from 1 to 100',
    ],
    [
      [
        ['often', 'own'],
        ['max', '2'],
        ['per', 'century'],
      ],
      'per day, week or month',
    ],
    [[['quietFrom', '22:00']], 'a beginning and an end'],
    [
      [
        ['quietFrom', '25:00'],
        ['quietTo', '07:00'],
      ],
      'times such as',
    ],
    [
      [
        ['quietFrom', '07:00'],
        ['quietTo', '07:00'],
      ],
      'the same time',
    ],
    [[['pausedUntil', 'tomorrow']], 'a date such as'],
    [[['pausedUntil', '2026-02-30']], 'a date such as'],
    [[['pausedUntil', '2026-11-24']], 'still to come'],
    [[['pausedUntil', '2099-01-01']], 'five years at most'],
    [[['timeZone', 'Mars/Olympus']], 'a time zone from the list'],
    [[['language', 'tlh']], 'a language from the list'],
    [[['often', 'hourly']], 'did not arrive whole'],
  ])('what makes no sense is said and changes nothing: %j', async (fields, text) => {
    const { sendId, profileId } = await letter();
    const answer = await post(page(sendId), form([...fields, ['shown', 'offers']], []));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(text);
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: null,
      quietFrom: null,
      pausedUntil: null,
    });
    expect(await consents(profileId)).toEqual({ offers: 'in' });
    // What was typed is still there.
    if (!text.includes('whole')) expect(answer.body).not.toContain('value="offers" checked');
  });

  test.each([
    ['a pause that ends later today', { pausedUntil: now + 60_000 }],
    ['a pause that ends in the afternoon', { pausedUntil: Date.UTC(2099, 11, 24, 15) }],
    ['a limit beyond what the page offers', { frequencyMax: 200, frequencyPer: 'month' }],
    ['a language that is none', { attributes: { language: ' German ' } }],
    ['a language that is a book', { attributes: { language: 'x'.repeat(300) } }],
  ])('%s stays, whatever else is chosen', async (_what, stored) => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const { profiles } = store().tables;
    await store().orm.update(profiles).set(stored).where(eq(profiles.id, profileId));
    const shown = (await http().inject(page(sendId))).body;
    const answer = await post(
      page(sendId),
      asShown(shown).filter(([name]) => name !== 'topic'),
    );
    expect(answer.statusCode).toBe(200);
    expect(await profile(profileId)).toMatchObject(stored);
    expect(await consents(profileId)).toEqual({ offers: 'out' });
  });

  test('what a form leaves out stays', async () => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const { profiles } = store().tables;
    const stored = { pausedUntil: Date.UTC(2027, 1, 1), quietFrom: 60, quietTo: 90, timeZone: 'Europe/Rome' };
    await store().orm.update(profiles).set(stored).where(eq(profiles.id, profileId));
    const answer = await post(page(sendId), [
      ['form', 'preferences'],
      ['often', 'week'],
    ]);
    expect(answer.statusCode).toBe(200);
    expect(await profile(profileId)).toMatchObject({ ...stored, frequencyMax: 1, frequencyPer: 'week' });
    expect(await consents(profileId)).toEqual({ offers: 'in' });
  });

  test('a form that is not ours changes nothing, and nobody gets into topics they were never asked about', async () => {
    const { sendId, profileId } = await letter();
    expect((await post(page(sendId), [])).statusCode).toBe(400);
    expect((await http().inject({ method: 'POST', url: page(sendId) })).statusCode).toBe(400);
    for (const topic of ['secret', 'inner']) {
      await post(page(sendId), form([['shown', topic]], [topic]));
    }
    expect(await consents(profileId)).toEqual({ offers: 'in' });
    expect((await post('/p/x', [['form', 'preferences']])).statusCode).toBe(404);
    expect((await post(page(987_654), [['form', 'preferences']])).statusCode).toBe(404);
  });

  test('looking at any page changes nothing', async () => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const dump = async () => {
      const { profiles, consents: held, consentChanges, arrivals, audit, sends } = store().tables;
      return JSON.stringify([
        await store().orm.select().from(profiles).where(eq(profiles.id, profileId)),
        await store().orm.select().from(held),
        await store().orm.select().from(consentChanges),
        await store().orm.select().from(arrivals),
        await store().orm.select().from(audit),
        await store().orm.select().from(sends).where(eq(sends.id, sendId)),
      ]);
    };
    const before = await dump();
    for (const path of ['', '/data', '/erase', '/download', '/stop']) {
      for (const method of ['GET', 'HEAD'] as const) {
        const answer = await http().inject({ method, url: `${page(sendId)}${path}` });
        expect(answer.statusCode).toBeLessThan(400);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['referrer-policy']).toBe('no-referrer');
      }
    }
    expect(await dump()).toBe(before);
  });
});
