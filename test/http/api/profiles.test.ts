import { expect, test } from 'vitest';
import { knownProfile } from '../../../src/http/api/known-profile.ts';
import { apiServer } from '../../fixtures/api-server.ts';
import { onEveryStore } from '../../stores.ts';

onEveryStore('/api/profiles', (open) => {
  const made = async () => {
    const server = apiServer(await open());
    const secret = await server.key('profiles', 'events', 'read');
    return {
      ...server,
      secret,
      post: async (payload: object) => {
        const answer = await server.call(secret, { method: 'POST', url: '/api/profiles', payload });
        return { status: answer.statusCode, body: answer.json() };
      },
      get: async (id: string) => {
        const answer = await server.call(secret, { url: `/api/profiles/${encodeURIComponent(id)}` });
        return answer.statusCode === 200 ? knownProfile.parse(answer.json()) : answer.statusCode;
      },
    };
  };

  test('adds, updates, leaves alone, and reads by id, address and external id', async () => {
    const { post, get, http } = await made();
    const ann = {
      email: 'Ann@Example.com',
      externalIds: { shop: 4711 },
      attributes: { firstName: 'Ann', points: 5, old: true },
      consent: { offers: 'in', news: false },
      consentAt: '2026-01-02T03:04:05Z',
      consentSource: 'checkout',
      timeZone: 'Europe/Berlin',
      frequency: '2 per week',
      quietHours: '21:00-08:00',
    };
    const first = await post(ann);
    const id = first.body.profiles[0].id;
    expect(first).toEqual({
      status: 200,
      body: { profiles: [{ index: 0, id, outcome: 'added' }], refused: [] },
    });
    expect(await post(ann)).toMatchObject({ body: { profiles: [{ id, outcome: 'unchanged' }] } });
    const change = { externalIds: { shop: '4711' }, attributes: { points: 6, old: null }, frequency: null };
    expect(await post([change, change])).toMatchObject({
      body: { profiles: [{ outcome: 'updated' }, { outcome: 'unchanged' }] },
    });
    const found = await get('ann@example.com');
    expect(found).toMatchObject({
      id,
      email: 'ann@example.com',
      externalIds: [{ source: 'shop', value: '4711' }],
      attributes: { firstName: 'Ann', points: 6 },
      timeZone: 'Europe/Berlin',
      frequency: null,
      quietHours: '21:00-08:00',
      suppressed: null,
      consents: [
        { topic: 'news', state: 'out', source: 'checkout' },
        { topic: 'offers', state: 'in', at: '2026-01-02T03:04:05.000Z' },
      ],
    });
    expect(await get(String(id))).toEqual(found);
    expect(await get('shop:4711')).toEqual(found);
    expect(await get(`${'x'.repeat(60)}@${'y'.repeat(60)}.example.com`)).toBe(404);
    expect(await get('999999')).toBe(404);
    expect(await get('shop:')).toBe(400);
    expect(await get('nobody at all')).toBe(400);
    await http.close();
  });

  test('ids that turn out to be one person are one profile, and a new address replaces the old', async () => {
    const { post, get, http } = await made();
    await post([
      { externalIds: { shop: '1' }, attributes: { seen: 'shop' } },
      { email: 'b@example.com', attributes: { seen: 'mail' } },
      { email: 'b@example.com', externalIds: { shop: '1' }, attributes: { both: true } },
    ]);
    expect(await get('shop:1')).toMatchObject({ email: 'b@example.com', attributes: { both: true } });
    await post({ email: 'new@example.com', externalIds: { shop: '1' } });
    expect(await get('shop:1')).toMatchObject({ email: 'new@example.com' });
    expect(await get('b@example.com')).toMatchObject({ email: 'new@example.com' });
    await http.close();
  });

  test('what cannot be read is refused with path and reason; the rest is stored', async () => {
    const { post, get, http } = await made();
    const who = { email: 'c@example.com' };
    const { status, body } = await post([
      { ...who, attributes: { ok: 1 } },
      { ...who, attributes: 5 },
      { ...who, consent: { offers: 'perhaps' } },
      { ...who, consent: { 'no topic!': 'in' } },
      { ...who, consent: 'in' },
      { ...who, consent: { offers: 'in' }, consentAt: '2999-01-01' },
      { ...who, timeZone: 'Mars/Olympus' },
      { ...who, frequency: 'often' },
      { ...who, quietHours: 'night' },
      { ...who, pausedUntil: 'later' },
      {},
    ]);
    expect(status).toBe(207);
    expect(
      body.refused.map(({ index, path }: { index: number; path: string }) => `${index} ${path}`),
    ).toEqual([
      '1 attributes',
      '2 consent.offers',
      '3 consent',
      '4 consent',
      '5 consentAt',
      '6 timeZone',
      '7 frequency',
      '8 quietHours',
      '9 pausedUntil',
      '10 ',
    ]);
    expect(await get('c@example.com')).toMatchObject({ attributes: { ok: 1 }, consents: [], timeZone: null });
    await http.close();
  });

  test('the same new profile, in many calls at once, is one profile', async () => {
    const { post, http, deps } = await made();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        post({ email: 'd@example.com', externalIds: { shop: 'd' }, attributes: { [`k${n}`]: n } }),
      ),
    );
    const outcomes = answers.map(({ body }) => body.profiles[0].outcome);
    expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.profiles[0].id)).size).toBe(1);
    const [id] = await deps.identities.find([{ email: 'd@example.com', externalIds: [] }]);
    const profile = (await deps.profiles.byIds([id ?? 0])).get(id ?? 0);
    expect(Object.keys(profile?.attributes ?? {})).toHaveLength(40);
    await http.close();
  });
});
