import { expect, test } from 'vitest';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('links in letters of erased people', (open) => {
  test('say politely that nothing is stored, and mail programs that all is well', async () => {
    const store = await open();
    const { http, tokens } = publicServer(store);
    const letter = await sentLetter(store);
    const other = await sentLetter(store);
    const { click, unsubscribe, preferences, open: opened } = tokens.of(letter.sendId);
    const answers = (sendId: number) =>
      Promise.all(
        [`/c/${tokens.of(sendId).click}/0`, `/u/${tokens.of(sendId).unsubscribe}`].map((url) =>
          http.inject(url),
        ),
      );
    expect((await answers(letter.sendId)).map(({ statusCode }) => statusCode)).toEqual([302, 200]);
    await privacyStore(store).erase(letter.profileId, 'test');
    for (const url of [`/c/${click}/0`, `/u/${unsubscribe}`, `/p/${preferences}`]) {
      const answer = await http.inject(url);
      expect(answer.statusCode).toBe(410);
      expect(answer.body).toContain('Nothing is stored about you any more');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    for (const url of [`/u/${unsubscribe}`, `/u/${unsubscribe}/undo`]) {
      const answer = await http.inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: 'List-Unsubscribe=One-Click',
      });
      expect(answer.statusCode).toBe(200);
    }
    expect((await http.inject(`/o/${opened}.gif`)).statusCode).toBe(200);
    // Nothing that the person did before is left to be folded; what the pixel brought is, and is emptied then.
    expect(await arrivalStore(store).waiting(0, 10)).toHaveLength(1);
    expect((await answers(other.sendId)).map(({ statusCode }) => statusCode)).toEqual([302, 200]);
    const forged = `${click.slice(0, -1)}${click.endsWith('A') ? 'B' : 'A'}`;
    expect((await http.inject(`/c/${forged}/0`)).statusCode).toBe(404);
    await http.close();
  });
});
