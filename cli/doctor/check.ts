/** What a check finds. */
import { explain } from '../errors.ts';

export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was seen. */
  readonly message: string;
  /** What to do; absent when there is nothing. */
  readonly action?: string;
}

export type Verdict = Omit<Finding, 'check'>;

export const ok = (message: string): Verdict => ({ status: 'ok', message });
export const warn = (message: string, action: string): Verdict => ({ status: 'warn', message, action });
export const bad = (message: string, action: string): Verdict => ({ status: 'fail', message, action });

/** A check that breaks off has failed; the others go on. */
export async function check(name: string, look: () => Promise<Verdict>): Promise<Finding> {
  try {
    return { check: name, ...(await look()) };
  } catch (error) {
    return { check: name, status: 'fail', message: explain(error).message };
  }
}
