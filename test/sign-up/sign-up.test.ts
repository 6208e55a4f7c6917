import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { makeSignUp } from '../../src/sign-up/sign-up.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { consenting } from '../fixtures/consenting.ts';
import { openSink } from '../fixtures/sink.ts';
import { onEveryStore } from '../stores.ts';
import { book, senderOn } from './sender.ts';

const day = 86_400_000;
const email = 'ann@example.test';

onEveryStore('double opt-in', (open) => {
  const made = async () => {
    const store = await open();
    const confirmations = confirmationStore(store);
    const signUp = makeSignUp(confirmations, book);
    const ask = (at = Date.now(), topics = ['offers']) =>
      signUp({ email, topics, source: 'sign-up page', proof: 'network 1', at });
    const idOf = async (address = email) => (await profileStore(store).idsOf([address])).get(address) ?? 0;
    const states = async () =>
      Object.fromEntries(
        (await consentStore(store).of(await idOf())).map(({ topic, state }) => [topic, state]),
      );
    return { store, confirmations, ask, idOf, states };
  };

  test('a sign-up is pending, keeps its wording, and is in once its owner says so', async () => {
    const { store, confirmations, ask, idOf, states } = await made();
    const at = Date.now();
    const { asked, id = 0 } = await ask(at);
    expect(asked).toBe('asked');
    expect(await states()).toEqual({ offers: 'pending' });
    expect(await consenting(store, [await idOf()], 'offers')).toEqual(new Set());
    const after = await confirmations.answer(id, 'yes', at + 60_000, 'by the link');
    expect(after).toMatchObject({ answer: 'yes', answeredAt: at + 60_000 });
    const evidence = { wording: 'I want offers' };
    expect(await consentStore(store).history(await idOf())).toMatchObject([
      { state: 'pending', at, source: 'sign-up page', proof: 'network 1', ...evidence },
      { state: 'in', at: at + 60_000, source: 'sign-up page, confirmed', proof: 'by the link', ...evidence },
    ]);
    expect((await ask(at + day)).asked).toBe('agreed already');
  });

  test('an old link never undoes what the owner chose later', async () => {
    const { store, confirmations, ask, idOf, states } = await made();
    const at = Date.now();
    const { id = 0 } = await ask(at);
    await confirmations.answer(id, 'yes', at + 1, 'x');
    await consentStore(store).change(await idOf(), 'offers', 'out', at + 2, 'unsubscribe link');
    expect((await confirmations.answer(id, 'yes', at + 3, 'x'))?.answeredAt).toBe(at + 1);
    expect(await states()).toEqual({ offers: 'out' });
    expect(await confirmations.answer(999_999, 'yes', at, 'x')).toBeUndefined();
  });

  test('a yes keeps the words that were agreed to, also when the consent was changed meanwhile', async () => {
    const { store, confirmations, ask, idOf } = await made();
    const at = Date.now();
    const { id = 0 } = await ask(at);
    await consentStore(store).change(await idOf(), 'offers', 'out', at + 1, 'by hand');
    await confirmations.answer(id, 'yes', at + 2, 'by the link');
    const [consent] = await consentStore(store).of(await idOf());
    expect(consent).toMatchObject({ state: 'in', wording: 'I want offers', proof: 'by the link' });
  });

  test('no means no, also after a yes, and the link cannot turn it round', async () => {
    const { confirmations, ask, states } = await made();
    const at = Date.now();
    const { id = 0 } = await ask(at);
    await confirmations.answer(id, 'yes', at + 1, 'x');
    await confirmations.answer(id, 'no', at + 2, 'x');
    expect(await states()).toEqual({ offers: 'out' });
    expect((await confirmations.answer(id, 'yes', at + 3, 'x'))?.answer).toBe('no');
    expect(await states()).toEqual({ offers: 'out' });
  });

  test('what nobody confirms expires, and all is as it was before', async () => {
    const { store, confirmations, ask, idOf, states } = await made();
    const at = Date.now() - 8 * day;
    const { id = 0 } = await ask(at);
    expect((await confirmations.answer(id, 'yes', at + 7 * day, 'late'))?.answer).toBeUndefined();
    expect(await states()).toEqual({ offers: 'pending' });
    const profile = await idOf();
    expect(await confirmations.sweep()).toBe(1);
    // A profile that was nothing but this sign-up is not kept.
    expect(await idOf()).toBe(0);
    expect(await consentStore(store).history(profile)).toEqual([]);
    await profileStore(store).upsertMany(
      [
        {
          email,
          attributes: { name: 'Ann' },
          consents: [{ topic: 'offers', state: 'out', at: at - day, source: 'page' }],
        },
      ],
      at,
    );
    await ask(at);
    expect(await states()).toEqual({ offers: 'pending' });
    expect(await confirmations.sweep()).toBe(1);
    expect(await consentStore(store).of(await idOf())).toEqual([
      { topic: 'offers', state: 'out', at: at - day, source: 'page' },
    ]);
    expect(await confirmations.sweep()).toBe(0);
  });

  test('nobody is asked too often, and nobody who must not be mailed', async () => {
    const { store, ask } = await made();
    const at = Date.now();
    const minutes = (count: number) => at + count * 60_000;
    const results = [];
    for (const when of [0, 1, 6, 12, 18, 60, 1441]) results.push((await ask(minutes(when))).asked);
    expect(results).toEqual([
      'asked',
      'asked before',
      'asked',
      'asked',
      'asked before',
      'asked before',
      'asked',
    ]);
    await suppressionStore(store).add([{ address: email, reason: 'complained', source: 'x', at }]);
    expect((await ask(at + 9 * day)).asked).toBe('suppressed');
  });

  test('many at once ask once', async () => {
    const { store, ask } = await made();
    const results = await Promise.all(Array.from({ length: 8 }, () => ask()));
    expect(results.filter(({ asked }) => asked === 'asked')).toHaveLength(1);
    expect(await store.orm.select().from(store.tables.confirmations)).toHaveLength(1);
  });

  test('a letter leaves once, says what is asked, and a claimed one of a dead worker is never sent again', async () => {
    const { store, confirmations, ask } = await made();
    const sink = await openSink();
    const [one, two] = [senderOn(store, sink.url), senderOn(store, sink.url)];
    try {
      const { id = 0 } = await ask();
      const sent = await Promise.all([one.send(), two.send()]);
      expect(sent.reduce((sum, count) => sum + count)).toBe(1);
      expect(await one.send()).toBe(0);
      expect(await confirmations.byId(id)).toMatchObject({ state: 'accepted', attempts: 1 });
      const [mail] = await sink.parsed();
      expect(sink.mails).toHaveLength(1);
      const url = `http://dear.example/s/${one.tokens.of(id)}`;
      expect(mail).toMatchObject({
        subject: 'Please confirm: letters from Shop & Söhne',
        to: [{ address: email }],
        from: { name: 'Shop & Söhne', address: 'shop@shop.example' },
      });
      expect(mail?.text).toContain(url);
      expect(mail?.html).toContain(`href="${url}"`);
      expect(mail?.html).toContain('Cheaper &lt;3');
      const header = (name: string) => mail?.headers.find(({ key }) => key === name)?.value;
      expect(header('list-unsubscribe')).toContain(`${url}/no`);
      expect(header('auto-submitted')).toBe('auto-generated');

      const second = await makeSignUp(
        confirmations,
        book,
      )({
        email: 'bob@example.test',
        topics: ['offers'],
        source: 'x',
        at: Date.now(),
      });
      expect(await confirmations.claim(second.id ?? 0, 1, -1), 'another worker tried since').toBe(false);
      expect(await confirmations.claim(second.id ?? 0, 0, -1)).toBe(true);
      expect(await one.send()).toBe(0);
      expect(await confirmations.byId(second.id ?? 0)).toMatchObject({ state: 'unknown' });
      expect(sink.mails).toHaveLength(1);
    } finally {
      await Promise.all([one.close(), two.close()]);
      await sink.close();
    }
  });

  test('a mailbox that is not there is suppressed; one that is busy is tried again later', async () => {
    const { store, confirmations, ask } = await made();
    const answers: [number, string][] = [
      [451, '4.3.0 later'],
      [550, '5.1.1 no such user'],
    ];
    const sink = await openSink(() => answers.shift());
    const sender = senderOn(store, sink.url);
    try {
      const { id = 0 } = await ask();
      await sender.send();
      expect(await confirmations.byId(id)).toMatchObject({ state: 'deferred', attempts: 1 });
      expect(await sender.send()).toBe(0);
      await store.orm.update(store.tables.confirmations).set({ dueAt: 0 });
      await sender.send();
      expect(await confirmations.byId(id)).toMatchObject({ state: 'failed', attempts: 2 });
      expect(await suppressionStore(store).get(email)).toMatchObject({ reason: 'no such mailbox' });
    } finally {
      await sender.close();
      await sink.close();
    }
  });

  test('whoever answered, left or was suppressed before the letter left gets none', async () => {
    const { store, confirmations, ask, idOf } = await made();
    const { id = 0 } = await ask();
    await consentStore(store).change(await idOf(), 'offers', 'out', Date.now() + 1, 'page');
    expect(await confirmations.claim(id, 0, 1000)).toBe(false);
    await confirmations.sweep();
    expect(await confirmations.byId(id)).toMatchObject({ state: 'skipped' });
    const { confirmations: table } = store.tables;
    expect(await store.orm.select().from(table).where(eq(table.state, 'queued'))).toEqual([]);
  });
});
