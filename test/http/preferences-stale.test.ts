import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { readerStore } from '../../src/store/readers.ts';
import { onEveryStore } from '../stores.ts';
import { asShown, type Fields, now, preferencePage } from './preference-page.ts';

const MEANWHILE = 'Something was changed elsewhere';

onEveryStore('a preference page that was made before something changed', (open) => {
  const { store, letter, page, get, post, profile, consents } = preferencePage(open);
  const opened = async (url: string) => asShown((await get(url)).body);
  const withOwn = (shown: Fields, own: Fields): Fields => [
    ...shown.filter(([name]) => !own.some(([other]) => other === name)),
    ...own,
  ];

  test('does not undo a stop, whoever saves it unchanged', async () => {
    for (const stop of [
      (sendId: number) => post(`${page(sendId)}/stop`, []),
      (sendId: number) => readerStore(store()).optOut(sendId, 'one-click', now, undefined),
    ]) {
      const { sendId, profileId } = await letter({ consent: 'in' });
      const shown = await opened(page(sendId));
      expect(shown).toContainEqual(['topic', 'offers']);
      await stop(sendId);
      const answer = await post(page(sendId), shown);
      expect(answer.statusCode).toBe(200);
      expect(await consents(profileId)).toEqual({ offers: 'out' });
      expect(answer.body).toContain(MEANWHILE);
      expect(answer.body).not.toContain('value="offers" checked');
      // What the new page shows is where the reader starts from: a tick on it is a yes.
      await post(page(sendId), [...asShown(answer.body), ['topic', 'offers']]);
      expect(await consents(profileId)).toEqual({ offers: 'in' });
    }
  });

  test('takes what the reader changed on it, and leaves the rest to what was said since', async () => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const [one, other] = [await opened(page(sendId)), await opened(page(sendId))];
    const first: Fields = [
      ['often', 'week'],
      ['quietFrom', '22:00'],
      ['quietTo', '07:00'],
      ['pausedUntil', '2026-12-24'],
    ];
    expect((await post(page(sendId), withOwn(one, first))).body).not.toContain(MEANWHILE);
    const second: Fields = [
      ['timeZone', 'Europe/Rome'],
      ['topic', 'club'],
      ['topic', 'offers'],
    ];
    expect((await post(page(sendId), withOwn(other, second))).body).toContain(MEANWHILE);
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: 1,
      frequencyPer: 'week',
      quietFrom: 22 * 60,
      quietTo: 7 * 60,
      pausedUntil: Date.UTC(2026, 11, 24),
      timeZone: 'Europe/Rome',
    });
    expect(await consents(profileId)).toEqual({ offers: 'in', club: 'in' });
  });

  test('keeps all of what several pages save in the same moment', async () => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const shown = await opened(page(sendId));
    const own: Fields[] = [
      [['often', 'month']],
      [['pausedUntil', '2026-12-24']],
      [['timeZone', 'Europe/Rome']],
      [
        ['quietFrom', '22:00'],
        ['quietTo', '07:00'],
      ],
    ];
    const answers = await Promise.all(own.map((fields) => post(page(sendId), withOwn(shown, fields))));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: 1,
      frequencyPer: 'month',
      pausedUntil: Date.UTC(2026, 11, 24),
      timeZone: 'Europe/Rome',
      quietFrom: 22 * 60,
      quietTo: 7 * 60,
    });
  });

  test('lets the reader overrule what was said since', async () => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const shown = await opened(page(sendId));
    await post(page(sendId), withOwn(shown, [['often', 'week']]));
    const own = withOwn(shown, [['often', 'month']]).filter(([name]) => name !== 'topic');
    await post(page(sendId), own);
    expect(await profile(profileId)).toMatchObject({ frequencyMax: 1, frequencyPer: 'month' });
    expect(await consents(profileId)).toEqual({ offers: 'out' });
  });

  test('stays stopped through a mistake in another field that is mended', async () => {
    const { sendId, profileId } = await letter({ consent: 'in' });
    const shown = await opened(page(sendId));
    await post(`${page(sendId)}/stop`, []);
    const refused = await post(page(sendId), withOwn(shown, [['quietFrom', '22:00']]));
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain(MEANWHILE);
    const again = asShown(refused.body);
    expect(again).toContainEqual(['quietFrom', '22:00']);
    expect((await post(page(sendId), withOwn(again, [['quietTo', '07:00']]))).statusCode).toBe(200);
    expect(await profile(profileId)).toMatchObject({ quietFrom: 22 * 60, quietTo: 7 * 60 });
    expect(await consents(profileId)).toEqual({ offers: 'out' });
  });

  test('is refused when it does not say properly what it showed', async () => {
    const { sendId, profileId } = await letter({ consent: 'out' });
    const shown = await opened(page(sendId));
    for (const was of ['', '{', '[]', '{"topic":"offers"}', 'x'.repeat(60_000)]) {
      const answer = await post(
        page(sendId),
        withOwn(shown, [
          ['was', was],
          ['topic', 'offers'],
        ]),
      );
      expect(answer.statusCode).toBe(400);
    }
    const { consents: held } = store().tables;
    const rows = await store().orm.select().from(held).where(eq(held.profileId, profileId));
    expect(rows).toMatchObject([{ state: 'out' }]);
  });
});
