import type { DialogueStage, SinkReport } from './sink-protocol.ts';

interface Ambush {
  readonly stage: DialogueStage;
  readonly holdMs: number;
  left: number;
}

/** So long a client may take to store that a letter was not taken, ms; until then its death leaves it in doubt. */
const STORED_WITHIN_MS = 250;

/** What the sink saw: the other side of the account that the ledger has to agree with. */
export class SinkLedger {
  readonly copies: SinkReport['copies'] = [];
  readonly begun: SinkReport['begun'] = [];
  readonly unanswered = new Set<string>();
  readonly refused = new Set<string>();
  private readonly open = new Map<string, number>();
  private readonly cut = new Map<string, number>();
  /** When the sink dropped a client in the middle of a dialogue. */
  private readonly dropped = new Map<string, number[]>();
  private readonly fates = new Map<string, number>();
  private readonly attempts = new Map<string, number>();
  private ambush: Ambush | undefined;
  private readonly spring: (client: string) => void;

  /** @param spring called with the client's name when the ambush is reached */
  constructor(spring: (client: string) => void) {
    this.spring = spring;
  }

  /** Counts an attempt at a letter; the first is 1. */
  attempt(address: string): number {
    const count = (this.attempts.get(address) ?? 0) + 1;
    this.attempts.set(address, count);
    return count;
  }

  count(fate: string): void {
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
  }

  opened(client: string): void {
    this.open.set(client, (this.open.get(client) ?? 0) + 1);
  }

  /** @param carrying the address of the letter that was on its way, or '' */
  closed(client: string, ours: boolean, carrying: string): void {
    this.open.set(client, (this.open.get(client) ?? 0) - 1);
    const cut = this.cut.get(client);
    if (ours) {
      // Whose letter is in doubt by the script is counted already.
      if (carrying !== '') return;
      if (cut !== undefined) this.cut.set(client, cut + 1);
      else this.dropped.set(client, [...(this.dropped.get(client) ?? []), Date.now()]);
      return;
    }
    if (cut !== undefined) this.cut.set(client, cut + 1);
    else if (carrying !== '') this.unanswered.add(carrying); // A client that ran out of patience.
  }

  /** A client went that had not said its name yet: it was killed while it opened a connection for its next letter. */
  vanished(): void {
    this.cut.set('', (this.cut.get('') ?? 0) + 1);
  }

  watch(client: string): void {
    if (this.cut.has(client)) return;
    const since = Date.now() - STORED_WITHIN_MS;
    this.cut.set(client, (this.dropped.get(client) ?? []).filter((at) => at >= since).length);
  }

  lie(stage: DialogueStage, after: number, holdMs: number): void {
    this.ambush = { stage, holdMs, left: after };
  }

  /** A client reached a stage. When that springs the ambush, it is watched, and held for a moment to be killed in. */
  async reached(stage: DialogueStage, client: string): Promise<void> {
    const { ambush } = this;
    if (ambush?.stage !== stage) return;
    ambush.left -= 1;
    if (ambush.left > 0) return;
    this.ambush = undefined;
    this.watch(client);
    this.spring(client);
    await new Promise((resolve) => setTimeout(resolve, ambush.holdMs));
  }

  report(): SinkReport {
    return {
      copies: this.copies,
      begun: this.begun,
      unanswered: [...this.unanswered],
      refused: [...this.refused],
      open: Object.fromEntries(this.open),
      cut: Object.fromEntries(this.cut),
      fates: Object.fromEntries(this.fates),
    };
  }
}
