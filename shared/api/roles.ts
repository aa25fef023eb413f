/** Who may do what. Each role may also do what those before it may. */
export const ROLES = ['reader', 'marketer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** `anyone`: no token is asked for. */
export type Access = Role | 'anyone';

export const isRole = (text: string): text is Role => ROLES.some((role) => role === text);

/** Whether one of these roles reaches as far as the one that is asked for. */
export const mayAct = (roles: Iterable<Role>, needed: Role): boolean =>
  [...roles].some((role) => ROLES.indexOf(role) >= ROLES.indexOf(needed));

/** Readers see what identifies a person masked. */
export const seesPersons = (roles: Iterable<Role>): boolean => mayAct(roles, 'marketer');
