import pc from 'picocolors';
import type { Warning } from '../segments/warnings.ts';
import { type Output, printable } from './output.ts';

/** Prints what is doubtful in a rule, which is no error. */
export function sayWarnings(out: Output, warnings: readonly Warning[]): void {
  for (const { message } of warnings) out.say(`${pc.yellow('!')} ${printable(message)}`);
}

/** The same for machines. */
export const warningsData = (warnings: readonly Warning[]) =>
  warnings.map(({ about, word, guess, message }) => ({ about, word, guess: guess ?? null, message }));
