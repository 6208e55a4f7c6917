import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { consentStore } from '../../src/store/consents.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';
import { type Fields, form, now, preferencePage } from './preference-page.ts';

onEveryStore('the preference page', (open) => {
  const { store, letter, page, get, post, profile, consents, also } = preferencePage(open);

  test('shows what is chosen, and stores what is changed', async () => {
    const { sendId, profileId } = await letter({ timeZone: 'Europe/Berlin' });
    await also(profileId, 'news', 'out');
    await also(profileId, 'events', 'in');
    const shown = (await get(page(sendId))).body;
    expect(shown).toContain('value="offers" checked');
    expect(shown).not.toContain('value="club" checked');
    expect(shown).toContain('value="news"');
    expect(shown).not.toContain('value="inner"');
    expect(shown).toContain('at most 2 a week');
    expect(shown).toContain('<option value="Europe/Berlin" selected>');
    expect(shown).toContain('<option value="de" lang="de">Deutsch (German)</option>');
    const answer = await post(
      page(sendId),
      form(
        [
          ['shown', 'offers'],
          ['shown', 'news'],
          ['often', 'own'],
          ['max', '3'],
          ['per', 'month'],
          ['pausedUntil', '2026-12-24'],
          ['quietFrom', '22:15'],
          ['quietTo', '07:00'],
          ['timeZone', 'America/New_York'],
          ['language', 'de'],
        ],
        ['news'],
      ),
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.body, 'in the language that was chosen').toContain('Ihre Einstellungen sind gespeichert');
    expect(answer.body).toContain('value="22:15"');
    expect(answer.body).toContain('value="2026-12-24"');
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: 3,
      frequencyPer: 'month',
      quietFrom: 22 * 60 + 15,
      quietTo: 420,
      pausedUntil: Date.UTC(2026, 11, 24, 5),
      timeZone: 'America/New_York',
      attributes: { language: 'de' },
    });
    expect(await consents(profileId)).toEqual({ offers: 'out', news: 'in', events: 'in' });
    const kinds = await store()
      .orm.select({ kind: store().tables.arrivals.kind })
      .from(store().tables.arrivals);
    expect(kinds).toEqual([{ kind: 'unsubscribe' }]);
    const { audit } = store().tables;
    const notes = await store()
      .orm.select()
      .from(audit)
      .where(eq(audit.subject, `profile:${profileId}`));
    expect(notes).toMatchObject([
      { actor: 'customer', action: 'change', detail: { topics: ['news', 'offers'] } },
    ]);
  });

  test.each<[string, Fields, object]>([
    ['all', [['often', 'all']], { max: 1_000_000, per: 'day' }],
    ['one a week', [['often', 'week']], { max: 1, per: 'week' }],
    ['one a month', [['often', 'month']], { max: 1, per: 'month' }],
    ['only important', [['often', 'important']], { max: 1_000_000, per: 'day', importantOnly: true }],
  ])('how often: %s', async (_name, fields, frequency) => {
    const { sendId, profileId } = await letter();
    const answer = await post(page(sendId), form(fields));
    expect(answer.body).toContain(`value="${fields[0]?.[1]}" checked`);
    expect((await profileStore(store()).byIds([profileId])).get(profileId)?.frequency).toEqual(frequency);
  });

  test('emptied fields go back to what is usual, and a past pause is none', async () => {
    const { sendId, profileId } = await letter();
    const { profiles } = store().tables;
    const own = {
      frequencyMax: 1,
      frequencyPer: 'day',
      quietFrom: 1,
      quietTo: 2,
      pausedUntil: now - 1,
      timeZone: 'Asia/Tokyo',
      attributes: { language: 'de', name: 'Ann' },
    };
    await store().orm.update(profiles).set(own).where(eq(profiles.id, profileId));
    await post(page(sendId), form([]));
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: null,
      frequencyPer: null,
      quietFrom: null,
      quietTo: null,
      pausedUntil: null,
      timeZone: null,
      attributes: { name: 'Ann' },
    });
    expect(await consents(profileId)).toEqual({ offers: 'in' });
  });

  test('an opt-in keeps its wording and a proof that names no machine', async () => {
    const { sendId, profileId } = await letter();
    await post(page(sendId), form([], ['offers', 'club']));
    const club = (await consentStore(store()).of(profileId)).find(({ topic }) => topic === 'club');
    expect(club).toMatchObject({
      state: 'in',
      source: 'preference page',
      wording: 'I want the club',
      proof: expect.stringMatching(
        new RegExp(`^by the link in letter ${sendId}; network [0-9a-f]{24}; program [0-9a-f]{24}$`),
      ),
    });
    expect(JSON.stringify(club)).not.toContain('203.0.113');
    expect(await consentStore(store()).history(profileId)).toEqual([club]);
  });

  test('what waits for confirmation goes on waiting, unless it is ticked', async () => {
    const { sendId, profileId } = await letter();
    await also(profileId, 'club', 'pending');
    expect((await get(page(sendId))).body).toContain('have not confirmed it yet');
    await post(page(sendId), form([]));
    expect(await consents(profileId)).toEqual({ offers: 'in', club: 'pending' });
    await post(page(sendId), form([], ['offers', 'club']));
    expect(await consents(profileId)).toEqual({ offers: 'in', club: 'in' });
  });

  test('everything stops with one button', async () => {
    const { sendId, profileId } = await letter();
    await also(profileId, 'club', 'in');
    await also(profileId, 'news', 'pending');
    const answer = await post(`${page(sendId)}/stop`, []);
    expect(answer.body).toContain('You get no letters any more');
    expect(answer.body).not.toContain('name="topic" value="offers" checked');
    expect(await consents(profileId)).toEqual({ offers: 'out', club: 'out', news: 'out' });
    expect((await get(`${page(sendId)}/stop`)).statusCode).toBe(303);
  });
});
