import type { Report } from '../../campaigns/report.ts';
import type { Sent } from './campaigns.ts';
import type { Keepsake, Told } from './keepsakes.ts';
import type { Prepared } from './prepare.ts';
import type { DoneCounts } from './readers.ts';

/** What the demo did, as it is shown and printed. */
export interface DemoResult {
  readonly prepared: Prepared;
  readonly earlier: Sent;
  readonly sent: Sent;
  readonly done: DoneCounts;
  readonly report: Report;
  /** Mails of the campaign in the mailbox, and all mails there. */
  readonly mails: number;
  readonly mailbox: number;
  readonly told: readonly Told[];
  readonly letters: readonly Keepsake[];
  readonly seconds: number;
}
