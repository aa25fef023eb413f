/**
 * Failures that are thrown, named by who acts next. What is expected (`Rejected`, `Unacceptable`) is returned instead.
 * Messages hold nothing personal: they go to logs.
 */

abstract class TributaryError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A throttle, time-out or 5xx: nobody acts. The message is redelivered, at last to the dead-letter queue. */
export class Transient extends TributaryError {}

/** The revision moved between reading and writing: the caller reloads, merges and tries again. */
export class Conflict extends TributaryError {}

/** An invariant broke: a developer acts. The message is kept and an alarm rings. */
export class Defect extends TributaryError {}

/** Something a person asked for is not there. */
export class NotFound extends TributaryError {}
