/**
 * What kind of thing went wrong; the faces map it to exit codes and HTTP statuses.
 * `usage` is the caller's doing (exit code 2), `failed` everything else (exit code 1).
 */
export type ErrorKind = 'usage' | 'failed';

/**
 * An error that a person can act on. `message` says what is wrong and where, `mend` how to put it right.
 * `code` is stable and meant for machines, for instance `campaign.unknown`.
 */
export class DearError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly mend: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { kind?: ErrorKind; mend?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DearError';
    this.code = code;
    this.kind = options.kind ?? 'failed';
    this.mend = options.mend;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  if (isOfQuery(error)) return messageOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0 && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

/**
 * Whether it repeats a query and its parameters, which may be personal and help nobody; what the database said of it is
 * its cause.
 */
function isOfQuery(error: unknown): error is Error & { readonly cause: Error } {
  return error instanceof Error && 'query' in error && 'params' in error && error.cause instanceof Error;
}
