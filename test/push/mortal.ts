/** Functions that die: before or after the call that is their last, whatever that is. */

export interface Death {
  /** Calls that are made before. */
  readonly after: number;
  /** Whether the last one did what it does. */
  readonly isDone: boolean;
}

/** One function: its calls of all that is given to it are counted together. Undefined: it lives. */
export function createMortal(death: Death | undefined): <S extends object>(store: S) => S {
  let left = death?.after ?? Number.POSITIVE_INFINITY;
  let isDead = false;
  return <S extends object>(store: S): S =>
    new Proxy(store, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== 'function') return call;
        return async (...args: unknown[]) => {
          // What else was under way ends with it.
          if (isDead) throw new Error('died');
          isDead = left-- === 0;
          if (isDead && !death?.isDone) throw new Error('died');
          const result: unknown = await Reflect.apply(call, target, args);
          if (isDead) throw new Error('died');
          return result;
        };
      },
    });
}
