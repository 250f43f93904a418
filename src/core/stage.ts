/** The stages of a document's way, in order. */
export const STAGES = ['extract', 'normalize', 'validate', 'reconcile'] as const;
export type Stage = (typeof STAGES)[number];
