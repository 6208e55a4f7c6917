import { openInstallation } from './installation.ts';
import type { Launched } from './results.ts';
import { runStep } from './steps.ts';

/** Launches the campaign `whole`, and says when: its letter is compiled, once, in a process that is not measured. */
await runStep(async (options): Promise<Launched> => {
  const app = await openInstallation(options);
  await app.launch('whole', true);
  const launchedAt = Date.now();
  await app.close();
  return { launchedAt };
});
