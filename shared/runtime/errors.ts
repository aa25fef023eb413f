/**
 * Failures that are thrown, named by who acts next. What is expected (`Rejected`, `Unacceptable`) is returned instead.
 * Messages hold nothing personal: they go to logs.
 */

abstract class TributaryError extends Error {
  /** Written out, as minifying renames classes. */
  abstract override readonly name: string;
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The revision moved between reading and writing: the caller reloads, merges and tries again. */
export class Conflict extends TributaryError {
  override readonly name = 'Conflict';
}

/** An invariant broke: a developer acts. The message is kept and an alarm rings. */
export class Defect extends TributaryError {
  override readonly name = 'Defect';
}

/** Something a person asked for is not there. */
export class NotFound extends TributaryError {
  override readonly name = 'NotFound';
}

/** AWS refused or could not be reached: it is not about what was asked, so the same may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Error && ('$metadata' in error || error.name === 'TimeoutError' || 'syscall' in error);
