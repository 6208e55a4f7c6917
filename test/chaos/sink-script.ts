import { z } from 'zod';
import { Chance } from './chance.ts';

/** What the sink does with one attempt at one letter. */
export type Fate =
  | 'take'
  | 'slow'
  | 'very slow'
  | '4xx at RCPT'
  | '4xx at DATA'
  | '4xx after the letter'
  | '5xx at RCPT'
  | '5xx after the letter'
  | 'drop at RCPT'
  | 'drop at DATA'
  | 'drop in the letter'
  | 'take and drop'
  | 'stall at RCPT'
  | 'take and stall';

/** What the sink does with a connection before any letter. */
export type Welcome = 'greet' | 'drop' | '421' | 'refuse TLS' | 'break TLS';

/** How a sink behaves; the same settings make the same decisions for the same letters. */
export const sinkScriptSchema = z.object({
  seed: z.string(),
  /** How much goes wrong: 0 is a server that takes everything, 1 is the usual measure. */
  mischief: z.number(),
  /** Milliseconds that every answer takes, so that workers die in the middle of things. */
  pace: z.int(),
  /** Milliseconds of the fate `very slow`, and how often it strikes beside the others. */
  verySlowMs: z.int().default(0),
  verySlow: z.number().default(0),
});
export type SinkScript = z.output<typeof sinkScriptSchema>;

const troubles = [
  ['slow', 5],
  ['4xx at RCPT', 3],
  ['4xx at DATA', 1],
  ['4xx after the letter', 3],
  ['5xx at RCPT', 2],
  ['5xx after the letter', 0.5],
  ['drop at RCPT', 2],
  ['drop at DATA', 2],
  ['drop in the letter', 2],
  ['take and drop', 2],
  ['stall at RCPT', 0.5],
  ['take and stall', 0.5],
] as const;

/** After so many attempts a letter is taken, so that every run ends. */
const PATIENCE = 3;

/** @param attempt 1 for the first */
export function fateOf(script: SinkScript, address: string, attempt: number): Fate {
  if (attempt > PATIENCE) return 'take';
  const chance = new Chance(script.seed, address, attempt);
  const weights = troubles.map(([name, weight]) => [name, weight * script.mischief] as const);
  return chance.weighted<Fate>([...weights, ['very slow', script.verySlow], ['take', 80]], 'take');
}

/** @param connection counted from 1 since the sink was started */
export function welcomeOf(script: SinkScript, connection: number): Welcome {
  const chance = new Chance(script.seed, 'connection', connection);
  const m = script.mischief;
  return chance.weighted<Welcome>(
    [
      ['drop', 1.5 * m],
      ['421', 1.5 * m],
      ['refuse TLS', m],
      ['break TLS', m],
      ['greet', 95],
    ],
    'greet',
  );
}
