import type { Shown } from './format.ts';
import type { Need, Party, Payment, Truth } from './model.ts';
import { foldName } from './names.ts';
import type { World } from './world.ts';

/** What may become of an entry, seen from what its document shows. */
export interface Verdict {
  readonly decision: Truth['decision'];
  /** The document shows enough for somebody to say what the first suggestion should be. */
  readonly suggestible: boolean;
}

/** Weighs what each document shows against what the decision needs (interchange, section 4, "Settled questions"). */
export function createJudge({ parties }: World): (payment: Payment, shown: Shown) => Verdict {
  const names = parties.flatMap((party) => [party.name, ...party.aliases].map((name) => ({ party, folded: foldName(name) }))).toSorted((a, b) => (a.folded < b.folded ? -1 : 1));

  /** The name is exact, or cut at the field's length, and no other party's. */
  function isNamed({ name, name_cut }: Shown, party: Party): boolean {
    if (name === null) return false;
    const folded = foldName(name);
    let low = 0;
    for (let high = names.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (names[middle]!.folded < folded) low = middle + 1;
      else high = middle;
    }
    let own = false;
    for (let i = low; i < names.length && names[i]!.folded.startsWith(folded); i++) {
      if (names[i]!.folded !== folded && !name_cut) continue;
      if (names[i]!.party !== party) return false;
      own = true;
    }
    return own;
  }

  function isShown(need: Need, { truth, counterparty_account }: Payment, shown: Shown): boolean {
    const { party } = truth;
    switch (need) {
      case 'named': return !isCut(shown) && truth.written.every((written) => squeeze(shown.text.join('')).includes(squeeze(written)) || shown.reference === written);
      case 'payer': return shown.account !== null ? party!.accounts.includes(counterparty_account!) || isNamed(shown, party!) : isNamed(shown, party!);
      case 'payer_account': return shown.account !== null && party!.accounts.includes(counterparty_account!);
      case 'payer_name': return isNamed(shown, party!);
      case 'name_whole': return shown.name !== null && !shown.name_cut;
      case 'account': return shown.account !== null;
      case 'counterparty': return shown.account !== null || (shown.name !== null && !shown.name_runs_on);
      case 'end_to_end_id': return shown.end_to_end_id !== null;
      case 'mandate_id': return shown.mandate_id !== null;
      case 'charges': return shown.charges;
      case 'instructed': return shown.instructed;
      case 'booking_type': return shown.booking_type;
      case 'value_date': return shown.value_date;
    }
  }

  /** Somebody we know has a name that this one begins with, or that begins with it: it may be them. */
  function isLikeSomebody(name: string): boolean {
    const folded = foldName(name);
    return names.some((known) => known.folded.startsWith(folded) || folded.startsWith(known.folded));
  }

  return (payment, shown) => {
    const { decision, needs, otherwise, suggestion, written, party } = payment.truth;
    const missing = needs.filter((need) => !isShown(need, payment, shown));
    const evident = written.length > 0 ? isShown('named', payment, shown) : party !== null && isShown('payer', payment, shown);
    const suggestible = suggestion === 'none of ours' || (suggestion === 'allocations' && evident);
    switch (decision) {
      // Of two payments the second is one too many only where the first can be told to be the right one.
      case 'person': return { decision: missing.length === 0 ? 'person' : 'open', suggestible: suggestible && missing.length === 0 };
      case 'open': return { decision, suggestible };
      case 'suspense': return { decision: missing.length === 0 && !isLikeSomebody(shown.name ?? '') ? decision : 'open', suggestible };
      // A text that may be cut may name more, and may say nothing more.
      case 'auto': return { decision: missing.length === 0 && !(isTextDecisive(payment) && isCut(shown)) ? decision : isCut(shown) ? 'open' : otherwise, suggestible };
    }
  };
}

/** Whether it is decided by what the text says, or by its saying nothing. */
function isTextDecisive({ truth: { needs, ledger }, reference }: Payment): boolean {
  return reference === null && ledger === null && !needs.includes('end_to_end_id') && !needs.includes('mandate_id');
}

/** Lengths at which banks on the way cut a text, whatever the field that it stands in at last. */
const USUAL_LENGTHS = [35, 140];

/** The text may go on: it fills its field, or one that it may have passed through. */
function isCut({ text, text_cut }: Shown): boolean {
  return text_cut || USUAL_LENGTHS.includes(text.join('').length);
}

function squeeze(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
}
