import { sql } from 'kysely';
import { accountKey } from '../core/account.ts';
import { Failure } from '../core/failure.ts';
import { nameKeys } from '../core/text.ts';
import { appendAct } from '../ledger/log.ts';
import type { Tx } from '../platform/database.ts';
import { seenBy, type Person } from './person.ts';

/**
 * Payer accounts and aliases that people's decisions show to be a party's. Each is a proposal until another person has confirmed it;
 * a decision of a rule proposes nothing (a trigger refuses it, too).
 */

interface Shown { decision_id: bigint; entry_id: bigint; company: string; party_id: string; account: string | null; name: string | null }

/** Proposes what the decisions show and nobody knows yet; returns how many proposals are new. */
export async function proposeLearning(tx: Tx, decision_ids: readonly bigint[], user: string): Promise<number> {
  if (decision_ids.length === 0) return 0;
  const { rows } = await sql<Shown>`
    select d.decision_id, d.entry_id, d.company, min(l.party_id) as party_id, e.counterparty_account as account, e.counterparty_name as name
      from decision d join entry e using (entry_id) join journal_entry j on j.decision_id = d.decision_id and j.reverses is null
      join journal_line l on l.journal_entry_id = j.journal_entry_id and l.party_id is not null
     where d.decision_id = any(${decision_ids.map(String)}::bigint[]) and d.outcome = 'manual' and d.returns is null
       and (e.counterparty_account is not null or e.counterparty_name is not null)
     group by d.decision_id, e.entry_id having count(distinct l.party_id) = 1`.execute(tx.kysely);
  const found = rows.flatMap((row) => [
    ...(row.account === null ? [] : [{ ...row, kind: 'account', value: row.account, value_key: accountKey(row.account) }]),
    ...(row.name === null ? [] : [{ ...row, kind: 'alias', value: row.name, value_key: nameKeys(row.name)[0] ?? '' }]),
  ]).filter((one) => one.value_key !== '');
  if (found.length === 0) return 0;
  const column = (name: keyof (typeof found)[number]): string[] => found.map((one) => String(one[name]));
  // What is a party's already, or one of our own accounts, teaches nothing; what is another party's is a contradiction and no lesson.
  const { rows: proposed } = await sql<{ is_new: boolean }>`
    insert into learned_proposal as p (company, kind, party_id, value, value_key, entry_id, decision_id, proposed_by, history)
    select distinct on (kind, party_id, value_key) company, kind, party_id, value, value_key, entry_id, decision_id, ${user}, jsonb_build_array(jsonb_build_object('at', now(), 'by', ${user}::text, 'action', 'proposed', 'reason', null))
      from unnest(${column('company')}::text[], ${column('kind')}::text[], ${column('party_id')}::text[], ${column('value')}::text[], ${column('value_key')}::text[], ${column('entry_id')}::bigint[],
                  ${column('decision_id')}::bigint[]) f(company, kind, party_id, value, value_key, entry_id, decision_id)
     where case when kind = 'account' then not exists (select from party_account k where k.account_key = f.value_key) and not exists (select from account a where a.account_key = f.value_key)
                else not exists (select from party_name k where k.name_key = f.value_key) end
     order by kind, party_id, value_key, decision_id
    on conflict (kind, party_id, value_key) do update set seen = p.seen + 1 where p.state = 'proposed'
    returning p.xmax = 0 as is_new`.execute(tx.kysely);
  return proposed.filter((row) => row.is_new).length;
}

interface Proposal { proposal_id: bigint; company: string; kind: 'account' | 'alias'; party_id: string; value: string; value_key: string; entry_id: bigint; proposed_by: string; state: string }

/** Learns it: from now on it is evidence, for every company. Nobody confirms what they have proposed. */
export async function confirmLearned(tx: Tx, person: Person, proposal_id: bigint): Promise<void> {
  const proposal = await lockProposal(tx, person, proposal_id, 'proposed');
  if (proposal.proposed_by === person.user_id) throw new Failure('not_allowed', 'nobody confirms what they have proposed; another person with the right does');
  await raiseBooks(tx);
  const taken = proposal.kind === 'account'
    ? await tx.kysely.selectFrom('party_account').select('party_id').where('account_key', '=', proposal.value_key).where('party_id', '<>', proposal.party_id).executeTakeFirst()
    : await tx.kysely.selectFrom('party_name').select('party_id').where('name_key', '=', proposal.value_key).where('party_id', '<>', proposal.party_id).executeTakeFirst();
  if (taken) throw new Failure('stale', `${proposal.value} is ${taken.party_id}'s by now; reject the proposal, or correct the master data`);
  if (proposal.kind === 'account') {
    await tx.kysely.insertInto('party_account').values({ party_id: proposal.party_id, account_key: proposal.value_key, account: proposal.value }).onConflict((conflict) => conflict.doNothing()).execute();
  } else {
    for (const name_key of nameKeys(proposal.value)) {
      await tx.kysely.insertInto('party_name').values({ party_id: proposal.party_id, name_key, name: proposal.value, is_alias: true }).onConflict((conflict) => conflict.doNothing()).execute();
    }
  }
  await endProposal(tx, person, proposal, 'confirmed', null);
}

export async function rejectLearned(tx: Tx, person: Person, proposal_id: bigint, reason: string): Promise<void> {
  await endProposal(tx, person, await lockProposal(tx, person, proposal_id, 'proposed'), 'rejected', reason);
}

/** Forgets what was learned; decisions that rested on it stay as they are. */
export async function revokeLearned(tx: Tx, person: Person, proposal_id: bigint, reason: string): Promise<void> {
  const proposal = await lockProposal(tx, person, proposal_id, 'confirmed');
  await raiseBooks(tx);
  if (proposal.kind === 'account') await tx.kysely.deleteFrom('party_account').where('party_id', '=', proposal.party_id).where('account_key', '=', proposal.value_key).execute();
  else await tx.kysely.deleteFrom('party_name').where('party_id', '=', proposal.party_id).where('name', '=', proposal.value).where('is_alias', '=', true).execute();
  await endProposal(tx, person, proposal, 'revoked', reason);
}

/** The companies come first, as with every act: one that proposes the same again has locked its company by then. */
async function lockProposal(tx: Tx, person: Person, proposal_id: bigint, state: 'proposed' | 'confirmed'): Promise<Proposal> {
  await tx.kysely.selectFrom('company').select('company').orderBy('company').forUpdate().execute();
  const { rows: [proposal] } = await sql<Proposal>`
    select proposal_id, company, kind, party_id, value, value_key, entry_id, proposed_by, state from learned_proposal p
     where proposal_id = ${proposal_id} and ${seenBy(person, 'p.company')} for update`.execute(tx.kysely);
  if (!proposal) throw new Failure('not_found', `there is no proposal ${proposal_id}`);
  if (proposal.state !== state) throw new Failure('stale', `proposal ${proposal_id} is ${proposal.state} by now`);
  return proposal;
}

/** Parties belong to no company: what is known of them changes everybody's evidence. */
async function raiseBooks(tx: Tx): Promise<void> {
  await tx.kysely.updateTable('company').set((of) => ({ books_version: of('books_version', '+', 1n) })).execute();
}

async function endProposal(tx: Tx, person: Person, proposal: Proposal, state: 'confirmed' | 'rejected' | 'revoked', reason: string | null): Promise<void> {
  await sql`
    update learned_proposal set state = ${state}, decided_by = ${person.user_id}, decided_at = now(),
           history = history || jsonb_build_array(jsonb_build_object('at', now(), 'by', ${person.user_id}::text, 'action', ${state}::text, 'reason', ${reason}::text))
     where proposal_id = ${proposal.proposal_id}`.execute(tx.kysely);
  await appendAct(tx, {
    company: proposal.company, run_id: null, actor: person.user_id, action: `learned_${state}`, entry_id: proposal.entry_id,
    payload: { proposal_id: String(proposal.proposal_id), kind: proposal.kind, party_id: proposal.party_id, value: proposal.value, proposed_by: proposal.proposed_by, reason },
  });
}
