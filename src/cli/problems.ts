import pc from 'picocolors';
import type { Problem } from '../content/problem.ts';
import type { Output } from './output.ts';

/** Prints what is wrong or doubtful in template files: mark, place, what it is and how to mend it. */
export function sayProblems(out: Output, problems: readonly Problem[]): void {
  for (const problem of problems) {
    const mark = problem.level === 'error' ? pc.red('✗') : pc.yellow('!');
    const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
    out.say(`${mark} ${place}  ${problem.message}`);
    if (problem.mend) out.say(`  ${problem.mend}`);
  }
}
