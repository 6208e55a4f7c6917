import type { App } from '../app.ts';
import { DearError } from '../errors.ts';
import type { Profile } from '../profiles/port.ts';
import { readWho } from '../profiles/who.ts';

/** How commands say whom they mean. */
export const WHO = "a customer's e-mail address, profile id, or external id such as shop:4711";

/**
 * The profile that a person names.
 * @throws DearError `profile.address` when it cannot be read, `profile.unknown` when nobody is called so
 */
export async function findProfile(app: Pick<App, 'identities' | 'profiles'>, text: string): Promise<Profile> {
  const who = readWho(text);
  const [id] = await app.identities.find([who]);
  const profile = id === undefined ? undefined : (await app.profiles.byIds([id])).get(id);
  if (profile !== undefined) return profile;
  const [external] = who.externalIds;
  const called = who.email
    ? `has the address ${who.email}`
    : external
      ? `is ${external.value} in ${external.source}`
      : `has the id ${who.profileId}`;
  throw new DearError('profile.unknown', `No profile ${called}.`, {
    mend: 'Check the spelling, or bring it in with `dear profiles import`.',
  });
}
