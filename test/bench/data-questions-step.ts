import { existsSync } from 'node:fs';
import { z } from 'zod';
import { parseRule } from '../../src/segments/rule.ts';
import { openInstallation } from './installation.ts';
import type { DataQuestions } from './results.ts';
import { runStep } from './steps.ts';

const DOSSIERS = 500;
const NEWEST = 20;

const list = z.object({ typicalSegments: z.array(z.object({ name: z.string(), rule: z.unknown() })) });

/** Asks an installation that is full of data what its faces ask: dossiers, and how many profiles a rule fits. */
await runStep(async (options): Promise<DataQuestions> => {
  const app = await openInstallation(options);
  const profiles = await app.profiles.count();
  const times: number[] = [];
  for (let index = 0; index < DOSSIERS; index += 1) {
    const email = `customer-${(index * 7919) % profiles}@example.test`;
    const started = performance.now();
    await app.dossiers.read({ email, externalIds: [] }, NEWEST);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const segments: DataQuestions['segments'] = [];
  for (const { name, rule } of await typicalSegments()) {
    const started = performance.now();
    const count = await app.segments.count(parseRule(rule, name), Date.now());
    segments.push({ name, count, seconds: (performance.now() - started) / 1000 });
  }
  await app.close();
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { dossierP50Ms: at(0.5), dossierP99Ms: at(0.99), segments };
});

/** The rules that the segments' own tests hold to their plans too; none where that list is not there. */
async function typicalSegments(): Promise<{ name: string; rule: unknown }[]> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const file = new URL(`./typical-segments.${ending}`, import.meta.url);
  return existsSync(file) ? list.parse(await import(file.href)).typicalSegments : [];
}
