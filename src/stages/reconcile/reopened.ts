import type { CalendarDate } from '../../core/date.ts';
import { RETURN, type Evidence } from '../../core/evidence.ts';
import { isDeferred, isTaken, NOTHING_REOPENED, type Batch, type Reopened } from './batch.ts';
import * as store from './store.ts';
import type { EvidenceScope, KeptEvidence } from './store.ts';

/** Whose invoices the batch's returns may open again: those that the entries given back have settled, or, where they come in the same batch, may settle. */
export async function findReopened(batch: Batch, scope: EvidenceScope): Promise<Reopened> {
  const { tx, company } = batch;
  const returns: bigint[] = [];
  for await (const kept of store.readClaimants(tx, scope, [RETURN])) if (isDeferred(batch, kept, scope)) returns.push(BigInt(kept.evidence.entry_id));
  if (returns.length === 0) return NOTHING_REOPENED;
  const returned = new Map((await store.listReturned(tx, company, returns)).map((one) => [String(one.entry_id), one]));
  const since = new Map<string, CalendarDate>();
  const note = (party_ids: Iterable<string>, { returned_on }: store.Returned): void => {
    for (const party_id of party_ids) {
      const known = since.get(party_id);
      if (known === undefined || returned_on < known) since.set(party_id, returned_on);
    }
  };
  for (const one of returned.values()) note(one.party_ids, one);
  for await (const { evidence } of store.readEvidenceOf(tx, scope, [...returned.values()])) note(partiesOf(evidence), returned.get(evidence.entry_id)!);
  return { since, given_back: new Set(returned.keys()) };
}

/** Whether it may pay what a return of the batch, booked no later, opens again. */
export function followsReturn(batch: Batch, { evidence, open }: KeptEvidence, { open_only }: EvidenceScope): boolean {
  const { since, given_back } = batch.reopened;
  if (since.size === 0 || open_only || evidence.facts.is_return || given_back.has(evidence.entry_id) || !(open || isTaken(batch, evidence))) return false;
  return partiesOf(evidence).values().some((party_id) => since.has(party_id) && since.get(party_id)! <= evidence.booking_date);
}

/** The parties of which the evidence speaks. */
function partiesOf({ candidates, refused }: Evidence): Set<string> {
  return new Set([...candidates.flatMap(({ party_id, allocations }) => [...(party_id === undefined ? [] : [party_id]), ...allocations.map((part) => part.party_id)]),
    ...refused.map(({ party_id }) => party_id)]);
}
