import { noParty, place, tidy, type Findings, type Place } from './payment-text.ts';

/** Code words between slashes (SWIFT, the Netherlands, Belgium). */

type Role = 'counterparty' | 'debtor' | 'creditor' | 'ultimate_debtor' | 'ultimate_creditor';

const PARTIES: ReadonlyMap<string, Role> = new Map([
  ['CNTP', 'counterparty'], ['ORDP', 'debtor'], ['BENM', 'creditor'], ['ULTD', 'ultimate_debtor'], ['ULTB', 'ultimate_creditor'], ['ULTC', 'ultimate_creditor'],
]);

const SLASHED: Readonly<Record<string, Place>> = {
  TRTP: place.booking, BUSP: place.booking, IBAN: place.account, BIC: place.bank, EREF: place.endToEnd, MARF: place.mandate,
  PREF: place.customer, KREF: place.customer, CREF: place.customer, RTRN: place.reason, OCMT: place.instructed, CHGS: place.charges,
  EXCH: place.rate, CSID: place.nowhere, PURP: place.nowhere, TRCD: place.nowhere, ISDT: place.nowhere, SVCL: place.nowhere, IREF: place.nowhere,
  RREF: place.nowhere, BREF: place.nowhere, NRTX: place.nowhere,
};

export const CODE_WORDS: ReadonlySet<string> = new Set([...Object.keys(SLASHED), ...PARTIES.keys(), 'NAME', 'ADDR', 'ID', 'REMI']);
/** Several parties have them, each its own. */
const REPEATED: ReadonlySet<string> = new Set(['NAME', 'ADDR', 'ID']);

/** The longest code word is of four letters; what is longer between two slashes is text. */
const CODE_WORD_CHARACTERS = 4;

/** `/EREF/…//CNTP/account/BIC/name/city//REMI/USTD//text/`, or `/TRTP/…/IBAN/…/BIC/…/NAME/…/REMI/text/EREF/…`. */
export function readCodeWords(text: string, found: Findings): void {
  let word: string | null = null;
  let from = 0;
  let role: Role = 'counterparty';
  let isOfParty = false;
  const taken = new Set<string>();
  const end = (to: number): void => {
    if (word === null) return;
    const value = withoutSlashes(text.slice(from, to));
    const party = PARTIES.get(word);
    if (party !== undefined) {
      role = party;
      if (value !== '') addParty(found, role, value.split('/'));
    } else if (word === 'NAME') addParty(found, role, [value]);
    else if (word === 'REMI') addRemittance(found, value);
    // Of no party, an identification is words.
    else if (word === 'ID' && !isOfParty) place.words(found, value);
    else if (word !== 'ADDR' && word !== 'ID') SLASHED[word]!(found, value.split('//', 1)[0]!);
  };
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) {
    const close = text.indexOf('/', at + 1);
    if (close < 0) break;
    if (close - at - 1 > CODE_WORD_CHARACTERS) continue;
    const next = text.slice(at + 1, close);
    if (!CODE_WORDS.has(next) || (taken.has(next) && !REPEATED.has(next))) continue;
    // Behind a text these letters are the payer's own.
    if (next === 'ID' && word !== null && !PARTIES.has(word) && !REPEATED.has(word)) continue;
    end(at);
    isOfParty = word !== null;
    taken.add(next);
    word = next;
    from = close + 1;
    at = close - 1;
  }
  end(text.length);
}

function withoutSlashes(text: string): string {
  let from = 0;
  let to = text.length;
  while (text[from] === '/') from++;
  while (to > from && text[to - 1] === '/') to--;
  return text.slice(from, to);
}

/** A name alone, or account, BIC, name and whatever follows. */
function addParty(found: Findings, role: Role, parts: readonly string[]): void {
  const structured = parts.length > 2;
  const name = tidy((structured ? parts[2] : parts.at(-1)) ?? '');
  if (role === 'ultimate_debtor' || role === 'ultimate_creditor') {
    found[role] ??= name;
    return;
  }
  const party = (found[role] ??= noParty());
  party.name ??= name;
  if (parts.length > 1) party.account ??= tidy(parts[0]!);
  if (structured) party.bank ??= tidy(parts[1]!);
}

/** `USTD//text`, `STRD/CUR/reference`, `STRD/ISO/RF…` or text as it is. */
function addRemittance(found: Findings, value: string): void {
  const parts = value.split('/');
  if (parts[0] === 'STRD' && parts.length >= 3) place.structured(found, withoutSlashes(parts.slice(2).join('/')));
  else place.words(found, parts[0] === 'USTD' ? withoutSlashes(value.slice('USTD'.length)) : value);
}
