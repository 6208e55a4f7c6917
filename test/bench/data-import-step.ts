import { join } from 'node:path';
import { openApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { beFrugal } from '../../src/frugal.ts';
import { importEvents, importProfiles } from '../../src/profiles/import/import.ts';
import { dataFiles } from './data-files.ts';
import type { DataImport } from './results.ts';
import { runStep } from './steps.ts';

/** A total is a number, as traits and rules need it; empty cells are left out. */
const eventMapping = {
  properties: {
    product: '{product}',
    total: '{total|number}',
    campaign: '{campaign}',
    score: '{score|number}',
  },
};

/**
 * Imports one of the two files by the code behind `dear profiles import` and `dear events import`, in a process that
 * is opened as theirs is. DATABASE_URL of the environment chooses another database, which must be empty.
 */
await runStep(async (options): Promise<DataImport> => {
  beFrugal(50);
  const { DATABASE_URL } = process.env;
  const app = await openApp(
    loadConfig({ DATABASE_URL, DATA_DIR: join(options.folder, 'data') }, options.folder),
  );
  const files = dataFiles(options.folder);
  const isEvents = options.letters === 1;
  const at = {
    path: isEvents ? files.events : files.profiles,
    cwd: options.folder,
    dataDir: app.config.dataDir,
  };
  const cpu = process.cpuUsage();
  const started = performance.now();
  const report = isEvents
    ? await importEvents(app, eventMapping, at)
    : await importProfiles(app.profiles, {}, at);
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
