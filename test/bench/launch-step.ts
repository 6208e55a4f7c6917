import { openInstallation } from './installation.ts';
import { runStep } from './steps.ts';

/** Launches the campaign `whole`: its letter is compiled, once, in a process that is not measured. */
await runStep(async (options) => {
  const app = await openInstallation(options);
  await app.launch('whole', true);
  await app.close();
  return {};
});
