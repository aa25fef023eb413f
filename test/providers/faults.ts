/** How a provider fails, on demand: as its documents say, or as networks do. */

export type Fault =
  /** It answers this, and takes nothing. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** It takes it, and answers so much later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The connection is reset before anything is taken. */
  | { readonly kind: 'reset_before' }
  /** It takes it, and the connection is reset. */
  | { readonly kind: 'reset_after' }
  /** It takes it, and its answer breaks off. */
  | { readonly kind: 'cut' }
  /** It takes it, and its answer is no answer. */
  | { readonly kind: 'malformed' }
  /** It takes it, and its answer does not end. */
  | { readonly kind: 'endless' }
  /** HTTP/2: RST_STREAM with REFUSED_STREAM, so it was not read. */
  | { readonly kind: 'refused_stream' }
  /** HTTP/2: GOAWAY that names a stream before this one, so it was not read. */
  | { readonly kind: 'goaway_before' }
  /** HTTP/2: it takes and answers it, with a GOAWAY: the session ends. */
  | { readonly kind: 'goaway_after' };

/** What goes wrong next; when nothing is planned, nothing does. */
export class Faults {
  readonly #planned: Fault[] = [];
  #always: Fault | undefined;

  next(fault: Fault, times = 1): void {
    for (let time = 0; time < times; time++) this.#planned.push(fault);
  }

  /** From now on; undefined: nothing any more. */
  always(fault: Fault | undefined): void {
    this.#always = fault;
  }

  take(): Fault | undefined {
    return this.#planned.shift() ?? this.#always;
  }
}

export const jsonFault = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: 'status',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
