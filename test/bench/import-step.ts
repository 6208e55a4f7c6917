import { importEvents, importProfiles } from '../../src/profiles/import/import.ts';
import { filesOf, openInstallation } from './installation.ts';
import type { ImportResult } from './results.ts';
import { runStep } from './steps.ts';

/** Imports the shop's files by the code behind `dear profiles import` and `dear events import`. */
await runStep(async (options): Promise<ImportResult> => {
  const app = await openInstallation(options);
  const files = filesOf(options.folder);
  const at = (path: string) => ({ path, cwd: options.folder, dataDir: app.config.dataDir });
  const profiles = await timed(() => importProfiles(app.profiles, {}, at(files.profiles)));
  const events = await timed(() => importEvents(app, {}, at(files.events)));
  for (const { report } of [profiles, events]) {
    if (report.refused > 0 || report.added !== report.rows) {
      throw new Error(`${report.file}: ${report.added} of ${report.rows} rows were added`);
    }
  }
  // Workers do that in the hour after an import; it is no part of sending.
  await app.traits.fold();
  await app.close();
  return {
    profiles: { count: profiles.report.added, seconds: profiles.seconds },
    events: { count: events.report.added, seconds: events.seconds },
  };
});

async function timed<T>(work: () => Promise<T>): Promise<{ report: T; seconds: number }> {
  const started = performance.now();
  const report = await work();
  return { report, seconds: (performance.now() - started) / 1000 };
}
