import { effectOf, FINDINGS } from '../../core/finding.ts';
import type { DocumentJob, DocumentOutcome } from '../contract.ts';
import type { CanonicalStatement } from './contract.ts';
import { createNormalizer, resolveAccount } from './normalize.ts';
import { allocateStatementId, deleteRaw, listAccounts, listHeads, readChunks, saveEntries, saveStatement } from './store.ts';

/**
 * Turns a document's raw statements into canonical ones, chunk by chunk, and proves them. A document of which one statement fails a
 * control is quarantined whole: its statements and entries are kept, with the check that failed, and nothing of it is posted.
 */
export const normalizeJob: DocumentJob = async (document_id, { tx, signal }) => {
  const accounts = await listAccounts(tx);
  let outcome: DocumentOutcome = { state: 'normalized' };
  for (const { statement_no, head } of await listHeads(tx, document_id)) {
    const account = resolveAccount(head, accounts);
    const normalizer = createNormalizer(head, account);
    const statement_id = await allocateStatementId(tx);
    for await (const raw of readChunks(tx, document_id, statement_no)) {
      signal.throwIfAborted();
      await saveEntries(tx, document_id, statement_id, account.account_id, normalizer.entries(raw));
    }
    const statement = normalizer.finish();
    await saveStatement(tx, statement_id, document_id, statement_no, account, statement);
    const failed_check = failedCheck(statement);
    if (failed_check !== null && outcome.state === 'normalized') outcome = { state: 'quarantined', failed_check };
  }
  await deleteRaw(tx, document_id);
  return outcome;
};

/** The first control that keeps the statement off the books, or null. */
function failedCheck(statement: CanonicalStatement): string | null {
  if (statement.ties_out === false) return statement.checks.find((check) => !check.ok)?.name ?? 'does_not_tie_out';
  if (effectOf(statement.findings) !== 'quarantine') return null;
  return statement.findings.find((finding) => FINDINGS[finding.code].effect === 'quarantine')!.code;
}
