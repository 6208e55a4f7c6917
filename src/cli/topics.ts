import type { App } from '../app.ts';
import { misspeltTopic } from '../profiles/topics.ts';

/**
 * Lets names of topics pass that are known, or near none that is.
 * @throws DearError `consent.topic` naming what was probably meant
 */
export async function refuseMisspelt(app: Pick<App, 'topicCheck'>, names: readonly string[]): Promise<void> {
  for (const [name, meant] of await app.topicCheck.misspelt(names)) throw misspeltTopic(name, meant);
}
