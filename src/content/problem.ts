import { DearError } from '../errors.ts';
import { closest } from '../profiles/closest.ts';

/** Something wrong, or doubtful, in a file of the templates folder. */
export interface Problem {
  readonly level: 'error' | 'warning';
  /** Stable, for machines; for instance `module.unknown`. */
  readonly code: string;
  readonly message: string;
  /** Path of the file, beginning with the templates folder's own name. */
  readonly file: string;
  /** Line within that file, from 1. */
  readonly line?: number | undefined;
  readonly mend?: string | undefined;
  /** The variant it was found in, where it concerns only one. */
  readonly variant?: string | undefined;
}

/** Takes a problem: either throws it (compiling) or collects it (checking). */
export type Report = (problem: Problem) => void;

/** A problem in a template file, thrown. Faces treat it as any other DearError. */
export class ContentError extends DearError {
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.code, `${placeOf(problem)}: ${problem.message}`, {
      kind: 'usage',
      ...(problem.mend === undefined ? {} : { mend: problem.mend }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.problem = problem;
  }
}

/** `file:line` of a problem, or the file alone. */
function placeOf(problem: Pick<Problem, 'file' | 'line'>): string {
  return problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
}

/** A report that throws every error at once and lets warnings go by. */
export const throwing: Report = (problem) => {
  if (problem.level === 'error') throw new ContentError(problem);
};

/** 'Known: a, b.' with a guess at what was meant in front. */
export function knownNames(wanted: string, known: readonly string[]): string {
  if (known.length === 0) return 'There is none yet.';
  const close = closest(wanted, known);
  const list = `Known: ${[...known].sort().join(', ')}.`;
  return close === undefined ? list : `Did you mean '${close}'? ${list}`;
}

/** Errors first, each kind in its order. */
export function worstFirst(problems: readonly Problem[]): Problem[] {
  const isError = ({ level }: Problem) => level === 'error';
  return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
}
