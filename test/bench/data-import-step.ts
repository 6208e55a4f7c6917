import { importEvents, importProfiles } from '../../src/profiles/import/import.ts';
import { dataFiles } from './data-files.ts';
import { openInstallation } from './installation.ts';
import type { DataImport } from './results.ts';
import { runStep } from './steps.ts';

/** Imports one of the two files by the code behind `dear profiles import` and `dear events import`. */
await runStep(async (options): Promise<DataImport> => {
  const app = await openInstallation(options);
  const files = dataFiles(options.folder);
  const isEvents = options.letters === 1;
  const at = {
    path: isEvents ? files.events : files.profiles,
    cwd: options.folder,
    dataDir: app.config.dataDir,
  };
  const cpu = process.cpuUsage();
  const started = performance.now();
  const report = isEvents ? await importEvents(app, {}, at) : await importProfiles(app.profiles, {}, at);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (report.refused > 0 || report.added + report.merged + report.unchanged !== report.rows) {
    throw new Error(`${report.file}: ${report.added} of ${report.rows} rows were added`);
  }
  await app.close();
  return {
    count: report.rows,
    seconds,
    cpuMicroseconds: user + system,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
  };
});
