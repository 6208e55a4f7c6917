import { z } from 'zod';
import type { Hold, RateState } from './permits.ts';

const holdsSchema = z.array(z.object({ holder: z.string(), count: z.int().min(1), until: z.number() }));

const stateSchema = z.object({
  tat: z.number(),
  used: z.number(),
  pace: z.number().optional(),
  pausedUntil: z.number(),
  strikes: z.number(),
  pacedAt: z.number(),
  holds: holdsSchema,
});

/** Holds as text; nothing for nobody. */
export function writeHolds(holds: readonly Hold[]): string | undefined {
  return holds.length === 0 ? undefined : JSON.stringify(holds);
}

/** Holds from text; what cannot be read is nobody's, since holds are renewed in a few seconds. */
export function readHolds(text: string | null | undefined): readonly Hold[] {
  return text == null ? [] : (holdsSchema.safeParse(parsed(text)).data ?? []);
}

export function writeState(state: RateState): string {
  return JSON.stringify(state);
}

/** A state from text; undefined when it cannot be read. */
export function readState(text: string | undefined): RateState | undefined {
  const state = text === undefined ? undefined : stateSchema.safeParse(parsed(text)).data;
  return state && { ...state, pace: state.pace };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
