import pc from 'picocolors';
import { DearError } from '../../errors.ts';
import type { Output } from '../output.ts';
import { type Progress, progressBar } from '../progress.ts';

/** Tells what the demo does, and ends it when the person wants to. */
export interface Narrator {
  readonly out: Output;
  /** One line for a step that is done. */
  done(line: string): void;
  bar(title: string, total: number, unit: string): Progress;
  /** @throws DearError `demo.stopped` once the person asked for the end. */
  goOn(): void;
}

export function narrator(out: Output, signal: AbortSignal): Narrator {
  return {
    out,
    done: (line) => out.say(wrapped(`✓ ${line}`, 2).replace('✓', pc.green('✓'))),
    bar: progressBar,
    goOn: () => {
      if (signal.aborted) throw new DearError('demo.stopped', 'The demo was stopped before its end.');
    },
  };
}

/** Breaks a long line between words where the terminal ends; as it is when there is none. */
export function wrapped(line: string, indent: number): string {
  const width = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) /)) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = ' '.repeat(indent) + word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current].join('\n');
}
