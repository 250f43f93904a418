import { nameKeys } from '../../core/text.ts';
import type { PayerRelation } from '../../core/evidence.ts';
import type { Books, Leaf } from './contract.ts';
import type { ReadLeaf } from './validate.ts';

/** Who is on the other side of an entry, by what the document shows. */
export interface Payer {
  /** The parties that own the account shown; more than one contradicts the master data. */
  by_account: readonly string[];
  /** The parties whose exact name or alias is shown. */
  by_name: readonly string[];
  account: 'absent' | 'known' | 'unknown' | 'own';
  name: 'absent' | 'known' | 'unknown';
}

/** No party's name is longer than this many words at the beginning of a text that runs name and reference together. */
const NAME_WORDS = 6;

/**
 * The keys under which the payer's name may be on file: the field of its own, else each beginning of the text (BAI2 and some CSV
 * files run name and reference together), longest first.
 */
export function namesOf(leaf: Leaf): string[] {
  if (leaf.counterparty_name !== null) return nameKeys(leaf.counterparty_name).filter((key) => key !== '');
  if (leaf.remittance === null) return [];
  const words = leaf.remittance.split(/[ ,;/]+/, NAME_WORDS);
  const keys = new Set<string>();
  for (let n = words.length; n > 0; n--) {
    for (const key of nameKeys(words.slice(0, n).join(' '))) if (/\p{L}{3}/u.test(key)) keys.add(key);
  }
  return [...keys];
}

/** Looks up who the entry's other side is. */
export function findPayer({ leaf, account_key: key, names }: Pick<ReadLeaf, 'leaf' | 'account_key' | 'names'>, books: Books): Payer {
  const by_account = key ? books.partiesByAccount(key) : [];
  let by_name: readonly string[] = [];
  for (const name of names) {
    const parties = books.partiesByName(name);
    if (leaf.counterparty_name === null && parties.length > 0) {
      by_name = parties;
      break;
    }
    by_name = [...new Set([...by_name, ...parties])].sort();
  }
  return {
    by_account,
    by_name,
    account: !key ? 'absent' : books.ownAccount(key) ? 'own' : by_account.length > 0 ? 'known' : 'unknown',
    name: by_name.length > 0 ? 'known' : leaf.counterparty_name === null ? 'absent' : 'unknown',
  };
}

/** The party that pays when exactly one is known, by its account before its name. */
export function payerOf(payer: Payer): string | null {
  const known = payer.by_account.length > 0 ? payer.by_account : payer.by_name;
  return known.length === 1 ? known[0]! : null;
}

/** How the payer relates to the party whose invoice it would pay. The account shown outweighs the name. */
export function relationOf(payer: Payer, party_id: string, books: Books): PayerRelation {
  const own = payer.by_account.length > 0;
  const known = own ? payer.by_account : payer.by_name;
  // An account of two parties is contradictory master data; a name of two parties is no identity.
  if (known.length !== 1) return known.length === 0 || known.includes(party_id) ? 'unknown' : 'contradicts';
  if (known[0] === party_id) return own ? 'account' : 'name';
  const invoiced = books.party(party_id);
  if (invoiced?.assigned_to_factor === known[0]) return 'factor';
  return books.party(known[0]!)?.pays_for.includes(party_id) ? 'pays_for' : 'contradicts';
}
