import { counted } from '../core/counted.ts';
import { Failure } from '../core/failure.ts';
import { formatMoney } from '../core/money.ts';
import type { Tx } from '../platform/database.ts';
import { lockCompany, type Act } from './acts.ts';
import { requestApproval } from './approvals.ts';
import { sees, type Person } from './person.ts';
import { acceptReissue, loadReissue, type ReissueLine } from './reissue.ts';

/** A statement that was issued again takes the place of one on the books: what it reverses was many people's work, so a second person agrees. */
export async function requestReissue(tx: Tx, person: Person, statement_id: bigint, reason: string): Promise<bigint> {
  const { statement, lines } = await loadReissue(tx, statement_id);
  if (!sees(person, statement.company)) throw new Failure('not_found', `there is no quarantined statement ${statement_id}`);
  await tx.client.query('savepoint tried');
  await acceptReissue(tx, statement_id, reason, { user: person.user_id });
  await tx.client.query('rollback to savepoint tried');
  const changed = lines.filter((line) => line.change !== 'same');
  return requestApproval(tx, {
    kind: 'quarantine_accept', company: statement.company, entry_id: null, why: 'replacing a statement on the books takes a second person', comment: reason, requested_by: person.user_id,
    summary: `accept statement ${statement_id} of ${statement.account} in place of ${statement.replaces}: ${counted(idsOf(lines, 'added').length, 'entry', 'entries')} added, ${idsOf(lines, 'dropped').length} taken back`,
    sums: changed.length === 0 ? [] : [{ currency: statement.currency, count: changed.length, amount: formatMoney(changed.reduce((sum, line) => sum + (line.change === 'added' ? line.amount : -line.amount), 0n), statement.currency) }],
    request: { statement_id: String(statement_id), replaces: String(statement.replaces), added: idsOf(lines, 'added'), dropped: idsOf(lines, 'dropped'), reason },
  });
}

/** Does what was approved; stale when the difference is no longer the one that was shown. */
export async function runReissue(tx: Tx, asked: { statement_id: string; added: string[]; dropped: string[]; reason: string }, act: Act): Promise<void> {
  const { statement } = await loadReissue(tx, BigInt(asked.statement_id));
  // A batch may be about to change what was shown.
  await lockCompany(tx, statement.company);
  const { lines } = await loadReissue(tx, BigInt(asked.statement_id));
  if (String(idsOf(lines, 'added')) !== String(asked.added) || String(idsOf(lines, 'dropped')) !== String(asked.dropped)) {
    throw new Failure('stale', `what statement ${asked.statement_id} adds and drops has changed since it was shown`);
  }
  await acceptReissue(tx, BigInt(asked.statement_id), asked.reason, act);
}

function idsOf(lines: readonly ReissueLine[], change: ReissueLine['change']): string[] {
  return lines.filter((line) => line.change === change).map((line) => String(line.entry_id));
}
