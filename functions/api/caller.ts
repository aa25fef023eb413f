/** Who asks, from the claims of a token that the gateway has proven. */
import { isRole, mayAct, type Role } from '../../shared/api/roles.ts';
import { Refusal } from './problem.ts';

export interface Caller {
  /** The `sub` of the token. */
  readonly id: string;
  readonly roles: readonly Role[];
}

/** As the authorizer hands them over: on AWS all are text, arrays flattened into `[a b]`; elsewhere they may be as in the token. */
export type Claims = Readonly<Record<string, unknown>>;

/** Cognito's, read besides the one that the setting names. */
const COGNITO_GROUPS = 'cognito:groups';

/** Also of tokens of which the gateway said yes: one that names nobody leaves no trace. */
export function callerOf(claims: Claims | undefined, rolesClaim: string): Caller {
  const id = claims?.sub;
  if (!claims || typeof id !== 'string' || id === '') {
    throw new Refusal(401, 'token_missing', 'Send Authorization: Bearer with a token of the issuer.', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  const names = [rolesClaim, COGNITO_GROUPS].flatMap((claim) => namesIn(claims[claim]));
  return { id, roles: [...new Set(names.filter(isRole))] };
}

/** `[reader marketer]`, `reader marketer`, `reader,marketer`, `["reader","marketer"]` and a true array are the same. */
function namesIn(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((name) => typeof name === 'string');
  if (typeof claim !== 'string') return [];
  return claim
    .replace(/^\[(.*)\]$/s, '$1')
    .split(/[\s,]+/)
    .map((name) => name.replace(/^"(.*)"$/, '$1'));
}

export function requireRole({ roles }: Caller, needed: Role): void {
  if (mayAct(roles, needed)) return;
  const has = roles.length > 0 ? `The token has ${roles.join(', ')}.` : 'The token has no role.';
  throw new Refusal(403, 'role_missing', `This needs the role ${needed}. ${has}`);
}
