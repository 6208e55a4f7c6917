import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { importEvents, importProfiles } from '../../../src/profiles/import/import.ts';
import type { EventMapping, ProfileMapping } from '../../../src/profiles/import/mapping.ts';
import { makeIntake } from '../../../src/profiles/make-intake.ts';
import { parseRetention } from '../../../src/profiles/retention.ts';
import { defaultTraitSettings } from '../../../src/profiles/trait-settings.ts';
import { consentStore } from '../../../src/store/consents.ts';
import type { Store } from '../../../src/store/database.ts';
import { eventStore } from '../../../src/store/events.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { intakeStore } from '../../../src/store/intake.ts';
import { profileStore } from '../../../src/store/profiles.ts';

/** A folder for the files that one test file imports; it goes when its tests end. */
export function inputFolder() {
  let path = '';
  let serial = 0;
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'dear-import-'));
  });
  afterAll(() => rm(path, { recursive: true, force: true }));
  return {
    folder: () => path,
    file: async (ending: string, content: string | Buffer): Promise<string> => {
      serial += 1;
      const file = join(path, `input-${serial}.${ending}`);
      await writeFile(file, content);
      return file;
    },
  };
}

/** Imports into a store, with the stores that tell what came of them. */
export function importing(store: Store, folder: string) {
  const profiles = profileStore(store);
  const events = eventStore(store);
  const identities = identityStore(store);
  const intake = makeIntake({ identities, store: intakeStore(store, defaultTraitSettings) });
  const options = (path: string) => ({ path, cwd: folder, dataDir: folder, identities, intake });
  return {
    store,
    profiles,
    events,
    consents: consentStore(store),
    profilesFrom: (path: string, mapping: ProfileMapping = {}) =>
      importProfiles(profiles, mapping, options(path)),
    eventsFrom: (path: string, mapping: EventMapping = {}) =>
      importEvents({ events, retention: parseRetention(undefined) }, mapping, options(path)),
  };
}
