import type { Cells } from '../queue/cells.ts';
import { readState, writeState } from './permit-text.ts';
import { FRESH, type PermitChange, type Permits, type RateState, type Wait } from './permits.ts';

/** What limits in cells need of the database. */
export interface PermitCellsDeps {
  readonly cells: Cells;
  /** Gives leased sends back until later. */
  postpone(token: string, waits: readonly Wait[]): Promise<void>;
  /** Where people look for what is slowed down; what cannot be written there is only not seen. */
  readonly mirror: Permits;
}

/**
 * The limits beside the jobs, which costs the database nothing. When they are lost, buckets are full, seats are free
 * once their letters are gone, and slow-downs are learnt again: so it is for nothing that must be kept.
 */
export function permitCells({ cells, postpone, mirror }: PermitCellsDeps): Permits {
  return {
    change: async (keys, token, decide) => {
      const { decided, repaced } = await cells.change(keys, (values, now) =>
        decideOn(new Set(keys), values, now, decide),
      );
      if (token !== undefined && decided.waits.length > 0) await postpone(token, decided.waits);
      if (repaced.size > 0) await show(mirror, repaced).catch(() => undefined);
      return decided;
    },
    slowed: async (withinMs) => {
      const found = [...(await cells.recent(withinMs))];
      return new Map(found.flatMap(([key, text]) => withKey(key, readState(text))));
    },
    tidy: async () => undefined, // A cell goes away on its own.
  };
}

function decideOn<T extends PermitChange>(
  keys: ReadonlySet<string>,
  values: ReadonlyMap<string, string>,
  now: number,
  decide: (states: ReadonlyMap<string, RateState>, now: number) => T,
) {
  const states = new Map([...keys].map((key) => [key, readState(values.get(key)) ?? FRESH]));
  const decided = decide(states, now);
  const written = [...decided.states];
  return {
    decided,
    cells: new Map(written.map(([key, s]) => [key, { value: writeState(s), rank: s.pacedAt }])),
    repaced: new Map(written.filter(([key, s]) => s.pacedAt !== states.get(key)?.pacedAt)),
  };
}

async function show(mirror: Permits, states: ReadonlyMap<string, RateState>): Promise<void> {
  await mirror.change([...states.keys()], undefined, () => ({
    states: new Map([...states].map(([key, state]) => [key, { ...state, holds: [] }])),
    waits: [],
  }));
}

function withKey(key: string, state: RateState | undefined): [string, RateState][] {
  return state === undefined ? [] : [[key, state]];
}
