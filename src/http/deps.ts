import type { PrivacyStore } from '../profiles/privacy.ts';
import type { ArrivalStore } from '../tracking/arrivals.ts';
import type { ReaderStore } from '../tracking/readers.ts';
import type { Recorder } from '../tracking/recorder.ts';
import type { Tokens } from '../tracking/tokens.ts';

/** Where the server writes what happened: never a path, a token or an address of a reader. */
export interface HttpLog {
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the public endpoints need. */
export interface HttpDeps {
  readonly tokens: Tokens;
  readonly arrivals: Pick<ArrivalStore, 'add'>;
  readonly readers: ReaderStore;
  readonly people: Pick<PrivacyStore, 'isErasedLetter'>;
  /** Wakes the fold; must neither throw nor wait (see `makeWaker`). */
  readonly wake: () => void;
  /** The limit of those who chose none, such as '2 per week'; shown on the preference page. */
  readonly defaultFrequency: string;
  readonly log: HttpLog;
  readonly now?: () => number;
}

/** The dependencies as the routes use them. */
export interface RouteDeps extends HttpDeps {
  readonly recorder: Recorder;
  readonly now: () => number;
}
