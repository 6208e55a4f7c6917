import { z } from 'zod';
import { httpResult } from './http-load.ts';

const amount = z.object({ count: z.number(), seconds: z.number() });

export const importResult = z.object({ profiles: amount, events: amount });
export type ImportResult = z.output<typeof importResult>;

/** When the campaign was stored as launched, ms since 1970. */
export const launched = z.object({ launchedAt: z.number() });
export type Launched = z.output<typeof launched>;

export const dearResult = z.object({
  letters: z.int(),
  /** From the moment when the campaign was launched. */
  plannedSeconds: z.number(),
  seconds: z.number(),
  /** Microseconds of CPU of the whole process, all its threads. */
  cpuMicroseconds: z.number(),
  peakRssMiB: z.number(),
  /** By stage, microseconds a letter, of a run of its own; absent unless it was asked for. */
  stages: z
    .object({
      letters: z.int(),
      cpuMicroseconds: z.number(),
      stages: z.record(z.string(), z.number()),
    })
    .optional(),
});
export type DearResult = z.output<typeof dearResult>;

export const renderResult = z.object({
  letters: z.int(),
  seconds: z.number(),
  /** Medians of the letters: characters of HTML and text, octets of the whole. */
  html: z.int(),
  text: z.int(),
  octets: z.int(),
});
export type RenderResult = z.output<typeof renderResult>;

/** What each of the other contenders measures. */
export const sendResult = z.object({ letters: z.int(), seconds: z.number(), cpuMicroseconds: z.number() });
export type SendResult = z.output<typeof sendResult>;

/** One file that was imported, in a process of its own. */
export const dataImport = z.object({
  count: z.int(),
  seconds: z.number(),
  /** Of the whole process, all its threads. */
  cpuMicroseconds: z.number(),
  peakRssMiB: z.number(),
});
export type DataImport = z.output<typeof dataImport>;

export const dataQuestions = z.object({
  /** Of making the traits of all profiles. */
  foldSeconds: z.number(),
  databaseBytes: z.number(),
  dossierP50Ms: z.number(),
  dossierP99Ms: z.number(),
  segments: z.array(
    z.object({
      name: z.string(),
      count: z.int(),
      seconds: z.number(),
      /** Steps of the query plans that go through all events. */
      wide: z.array(z.string()),
    }),
  ),
  peakRssMiB: z.number(),
});
export type DataQuestions = z.output<typeof dataQuestions>;

/** Events over HTTP, and dossiers meanwhile. */
export const dataHttp = httpResult.extend({
  cpuMicroseconds: z.number(),
  dossierP50Ms: z.number(),
  dossierP99Ms: z.number(),
  peakRssMiB: z.number(),
});
export type DataHttp = z.output<typeof dataHttp>;
