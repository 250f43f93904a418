/**
 * Who may do what: the one table of roles and rights. Every route names one right (src/api/routes.ts); what is about a company is moreover shown
 * and done only to people of that company.
 */
export const ROLES = ['analyst', 'approver', 'auditor', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const RIGHTS = {
  /** Nothing: open without a session. */
  public: [],
  /** One's own session, views and tokens. */
  session: ['analyst', 'approver', 'auditor', 'operator', 'admin'],
  /** The queue, documents, runs and the log. */
  read: ['analyst', 'approver', 'auditor', 'operator', 'admin'],
  /** The acts on entries and on quarantined statements; what is above the person's limit becomes a request for approval. */
  act: ['analyst', 'approver'],
  /** The second person: approves or refuses what another has asked for, confirms what is to be learned. */
  approve: ['approver'],
  /** Recompute the log's chain and the decisions. */
  verify: ['auditor', 'approver', 'operator', 'admin'],
  /** Take the queries out as files. */
  export: ['analyst', 'approver', 'auditor', 'admin'],
  /** Documents and dead letters. */
  operate: ['analyst', 'approver', 'operator'],
  /** Master data and acknowledged settlements. */
  import: ['operator'],
  /** Stop automatic posting at once, and ask for another mode. */
  automatic: ['approver', 'operator', 'admin'],
  /** Ask for other rules. */
  rules: ['analyst', 'approver', 'operator', 'admin'],
  /** Users and everybody's tokens. */
  administer: ['admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Right = keyof typeof RIGHTS;

/** What a person with these roles may do. */
export function rightsOf(roles: readonly Role[]): Right[] {
  return (Object.keys(RIGHTS) as Right[]).filter((right) => (RIGHTS[right] as readonly Role[]).some((role) => roles.includes(role)));
}
