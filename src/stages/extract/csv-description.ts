import { electronicIban } from '../../core/account.ts';
import { parseDate } from '../../core/numerals.ts';
import type { RawEntry } from '../../core/statement.ts';
import { readCodeWords } from './mt940-code-words.ts';
import { ACCOUNT_SHAPES, DUTCH, DUTCH_CAPITALS, FRENCH, FRENCH_DEBIT, readMarked, type Marks } from './payment-marks.ts';
import { isParty, noFindings, otherSide, place, tidy, type Findings } from './payment-text.ts';

/**
 * Descriptions in which a bank has put the parts of a payment one behind the other, each under its label. What stands under them is read only
 * where the labels are the bank's without doubt, for a payer may write "IBAN: …" too: the text begins with one, each stands once, and where
 * the bank has an order they stand in it.
 */

/** comdirect: `Auftraggeber: … Buchungstext: … Ref. …`, `Empfänger: …Kto/IBAN: … BLZ/BIC: … Buchungstext: … End-to-End-Ref.: …`. */
const COMDIRECT: Marks = {
  pattern: /(Auftraggeber: |Empfänger: |Zahlungspflichtiger: |Kto\/IBAN: |BLZ\/BIC: |Buchungstext: |End-to-End-Ref\.: |(?:CORE|COR1|B2B) \/ Mandatsref\.: |Gläubiger-ID: |Ref\. (?=\S{8,40}\/\d{1,9}\s*$))/g,
  sign: /^(?:Auftraggeber|Empfänger|Zahlungspflichtiger|Buchungstext): /,
  places: {
    'Auftraggeber: ': place.name, 'Empfänger: ': place.name, 'Zahlungspflichtiger: ': place.name, 'Kto/IBAN: ': place.account, 'BLZ/BIC: ': place.bank,
    'Buchungstext: ': place.words, 'End-to-End-Ref.: ': place.endToEnd, 'CORE / Mandatsref.: ': place.mandate, 'COR1 / Mandatsref.: ': place.mandate,
    'B2B / Mandatsref.: ': place.mandate, 'Gläubiger-ID: ': place.nowhere, 'Ref. ': place.bankReference,
  },
  before: place.words,
  after: place.words,
  shapes: {},
  long: new Set(),
  terminator: '',
};

/** ING of the Netherlands: `Naam: … Omschrijving: … IBAN: … Kenmerk: … Machtiging ID: … Incassant ID: … Doorlopende incasso Valutadatum: …`. */
const ING: Marks = {
  pattern: /(?<!\S)(Naam|Omschrijving|IBAN|Kenmerk|Machtiging ID|Incassant ID|Valutadatum): /g,
  sign: /^Naam: /,
  places: {
    Naam: place.name, Omschrijving: place.words, IBAN: place.account, Kenmerk: place.endToEnd, 'Machtiging ID': place.mandate, 'Incassant ID': place.nowhere,
    Valutadatum: (found, value) => void (found.value_date ??= parseDate(value, 'dmy') ?? null),
  },
  before: place.words,
  after: place.words,
  shapes: { IBAN: ACCOUNT_SHAPES.IBAN, 'Incassant ID': /^\S+/, Valutadatum: /^\d\d-\d\d-\d{4}/ },
  long: new Set(['Naam', 'Omschrijving']),
  terminator: '',
};

/** ABN AMRO's readable form begins with the kind of payment. */
const ABN_AMRO = /^SEPA [A-Za-z]/;

/** PKO BP: a label and its value in a cell of their own, of the sender and of the receiver. */
const POLISH_CELL = /^(?:(Rachunek|Nazwa) (nadawcy|odbiorcy)|(Tytuł)): ?/;

/** Saves trying each form on the bulk of all texts. */
const MAY_BE_LABELLED = /^(?:Auftraggeber: |Empfänger: |Zahlungspflichtiger: |Buchungstext: |Naam: |SEPA |PRLV SEPA |VIR|\/|Rachunek |Nazwa |Tytuł)/;

/**
 * Takes apart what the description's texts, one for each column, have under labels. A column of its own comes first: what a label says
 * otherwise stays among the words, as does everything without a label. Leaves the entry as it is where nothing is labelled.
 */
export function readLabels(texts: readonly string[], entry: RawEntry): void {
  if (!texts.some((text) => MAY_BE_LABELLED.test(text))) return;
  const credit = entry.amount[0] !== '-';
  const found = noFindings();
  let labelled = false;
  for (const text of texts) {
    if (readPolishCell(text, credit, found) || readText(text, found)) labelled = true;
    else found.words.push(text);
  }
  if (!labelled) return;
  const contradicted: string[] = [];
  const settle = (own: string | null, other: string | null): string | null => {
    if (own !== null && other !== null && plain(own) !== plain(other)) contradicted.push(other);
    return own ?? other;
  };
  const { name, account, bank } = otherSide(found, credit);
  const party = {
    name: settle(entry.counterparty?.name ?? null, name),
    account: settle(entry.counterparty?.account ?? null, account === null ? null : electronicIban(account)),
    bank: settle(entry.counterparty?.bank ?? null, bank),
  };
  entry.counterparty = isParty(party) ? party : null;
  entry.bank_reference = settle(entry.bank_reference, found.bank_reference);
  entry.end_to_end_id = settle(entry.end_to_end_id, found.end_to_end_id);
  entry.mandate_id = settle(entry.mandate_id, found.mandate_id);
  entry.structured_reference = settle(entry.structured_reference, found.structured_reference);
  entry.return_reason = settle(entry.return_reason, found.return_reason);
  entry.value_date ??= found.value_date;
  entry.remittance = tidy([found.booking_text ?? '', ...contradicted, ...found.words].join(' '));
}

function plain(text: string): string {
  return text.replace(/\s/g, '').toLowerCase();
}

/** Only the other side's cells have a field; those of the account itself stay words. */
function readPolishCell(text: string, credit: boolean, found: Findings): boolean {
  const [label, kind, whose] = POLISH_CELL.exec(text) ?? [];
  if (label === undefined || (whose !== undefined && (whose === 'nadawcy') !== credit)) return false;
  const value = text.slice(label.length);
  (kind === 'Rachunek' ? place.account : kind === 'Nazwa' ? place.name : place.words)(found, value);
  return true;
}

function readText(text: string, found: Findings): boolean {
  // ABN AMRO's tables have field 86 of its MT940.
  if (text.startsWith('/TRTP/')) {
    readCodeWords(text, found);
    return true;
  }
  const forms = ABN_AMRO.test(text) ? [DUTCH, DUTCH_CAPITALS] : [COMDIRECT, ING, FRENCH, FRENCH_DEBIT];
  return forms.some((marks) => marks.sign.test(text) && isCertain(text, marks) && readMarked(text, marks, found));
}

const ORDERED: ReadonlySet<Marks> = new Set([COMDIRECT, ING]);

function isCertain(text: string, marks: Marks): boolean {
  const order = Object.keys(marks.places);
  const places = Array.from(text.matchAll(marks.pattern), (match) => order.indexOf(match[1]!));
  return ORDERED.has(marks) ? places.every((at, i) => i === 0 || at > places[i - 1]!) : new Set(places).size === places.length;
}
