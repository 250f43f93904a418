/**
 * The words that statements use for their columns and balances, in English, German, French, Dutch, Italian, Spanish, Polish and Swedish.
 * Folded: lower case, no accents, everything but letters and digits a space.
 */

export type ColumnField =
  | 'booking_date' | 'transaction_date' | 'value_date' | 'description' | 'amount' | 'debit' | 'credit' | 'balance' | 'indicator'
  | 'reference' | 'counterparty' | 'counterparty_account' | 'number';

/** Lower case without accents, words with single spaces between; `+/-` stays as it is. */
export function fold(text: string): string {
  return text
    .replace('+/-', ' plusminus ')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[łøßæœ]/g, (letter) => ({ ł: 'l', ø: 'o', ß: 'ss', æ: 'ae', œ: 'oe' })[letter]!)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const TITLES: Readonly<Record<ColumnField, string>> = {
  booking_date:
    'date|booking date|booked|booked on|posting date|posted|posted date|date posted|post date|entry date|process date|buchung|buchungstag|buchungsdatum|datum|bu tag|butag|' +
    'tag der buchung|tag|gebucht|verbuchungsdatum|buch tag|date operation|date d operation|date comptable|date de comptabilisation|date compta|date ecriture|boekdatum|boekingsdatum|boeking|' +
    'data|data contabile|data operazione|data registrazione|data op|data mov|data movimento|data operacji|data ksiegowania|data ksieg|fecha|fecha operacion|fecha de operacion|' +
    'f operacion|fecha contable|fecha mov|f oper|bokforingsdag|bokforingsdatum|bokford|bokf dag|dag',
  transaction_date:
    'transaction date|trans date|tran date|txn date|purchase date|transaktionsdatum|transaktionsdag|belegdatum|umsatztag|date de transaction|date achat|transactiedatum|data transakcji|data transazione|' +
    'data valuta operazione|fecha transaccion|fecha de transaccion|inkopsdatum',
  value_date:
    'value|value date|val date|val|valuta|valutadatum|wert|wertstellung|wertdatum|valutierung|tag der wertstellung|val datum|date de valeur|date valeur|date val|valeur|rentedatum|valuta datum|' +
    'data valuta|data val|fecha valor|f valor|fecha de valor|valor|data waluty|data waluta|valutadag|rantedag|rantedatum',
  description:
    'description|details|transaction details|transaction description|particulars|narrative|narration|transaction|transactions|activity|memo|text|payment details|payment type and details|' +
    'buchungstext|verwendungszweck|vorgang|umsatz|umsatzinformationen|beschreibung|transaktionsinformation|buchungsinformation|buchungsinformationen|erlauterung|erlauterungen|bezeichnung|buchung verwendungszweck|' +
    'text verwendungszweck|wir haben fur sie gebucht|informationen|geschaftsvorfall|buchungsdetails|vorgang buchungsinformation|' +
    'libelle|libelle de l operation|libelle des operations|nature de l operation|nature des operations|nature|operation|operations|detail|detail des operations|detail de l operation|intitule|communication|' +
    'omschrijving|mededeling|mededelingen|beschrijving|naam omschrijving|omschrijvingen|descrizione|descrizione operazione|descrizione operazioni|descrizione del movimento|causale|operazione|dettaglio|dettagli|' +
    'descripcion|concepto|detalle|operacion|movimiento|opis|opis operacji|opis transakcji|tytul|tytulem|tytul operacji|szczegoly|szczegoly operacji|szczegoly transakcji|' +
    'beskrivning|specifikation|transaktion|meddelande|handelse|text mottagare',
  amount:
    'amount|transaction amount|betrag|betrage|umsatzbetrag|buchungsbetrag|montant|bedrag|importo|importo operazione|importe|kwota|kwota operacji|kwota transakcji|belopp|transaktionsbelopp|amount in|betrag in',
  debit:
    'debit|debits|withdrawal|withdrawals|withdrawn|paid out|money out|payments|payments out|payment|outgoing|out|charges|debit amount|amount debited|withdrawal amt|soll|belastung|belastungen|lastschrift|lastschriften|ausgang|ausgange|auszahlung|auszahlungen|' +
    'zu ihren lasten|zu lasten|debet|sortie|sorties|depense|depenses|retraits|af|afschrijving|afschrijvingen|uit|uitgaven|' +
    'dare|addebito|addebiti|uscita|uscite|debe|cargo|cargos|adeudo|adeudos|debito|debitos|gastos|retiros|salidas|pagos|' +
    'obciazenie|obciazenia|wyplata|wyplaty|wydatki|winien|wn|uttag|ut|utbetalning|utbetalningar|insattningar och uttag',
  credit:
    'credit|credits|deposit|deposits|deposited|paid in|money in|receipts|payments in|incoming|in|credit amount|amount credited|deposit amt|haben|gutschrift|gutschriften|eingang|eingange|einzahlung|einzahlungen|' +
    'zu ihren gunsten|zu gunsten|entree|entrees|recette|recettes|versements|depots|bij|bijschrijving|bijschrijvingen|ontvangsten|' +
    'avere|accredito|accrediti|entrata|entrate|haber|abono|abonos|ingreso|ingresos|credito|creditos|depositos|entradas|' +
    'uznanie|uznania|wplata|wplaty|wplywy|ma|kredit|insattning|insattningar|inbetalning|inbetalningar',
  balance:
    'balance|running balance|account balance|available balance|closing balance|book balance|ledger balance|saldo|kontostand|kontosaldo|neuer saldo|solde|solde courant|solde progressif|solde apres operation|saldo na boeking|saldo na|nieuw saldo|' +
    'saldo contabile|saldo progressivo|saldo disponibile|saldo disponible|saldo contable|saldo po operacji|saldo po transakcji|saldo ksiegowe|bokfort saldo|saldo efter|behallning',
  indicator: 'd c|c d|dr cr|cr dr|debit credit indicator|s h|h s|soll haben kennzeichen|plusminus|sign|af bij|bij af|d k|dc|sh|debe haber|d h|crdr|drcr|wn ma',
  reference:
    'reference|ref|ref no|reference no|reference number|transaction id|transaction reference|bank reference|cheque no|check no|check number|chq no|document no|voucher|referenz|referenznummer|ref nr|beleg|belegnummer|beleg nr|' +
    'primanota|pn nr|pnnr|reference operation|referentie|kenmerk|riferimento|rif|referencia|n documento|referencja|nr ref|nr referencyjny|referens|verifikation|verifikationsnummer',
  counterparty:
    'payee|name|counterparty|counterparty name|beneficiary|payer|payer payee|beneficiary payer|merchant|auftraggeber empfanger|empfanger auftraggeber|empfanger|auftraggeber|name zahlungsbeteiligter|zahlungsbeteiligter|partner|' +
    'contrepartie|beneficiaire|tiers|tegenpartij|naam|naam tegenpartij|controparte|beneficiario|beneficiario ordinante|ordenante|ordenante beneficiario|kontrahent|nadawca odbiorca|nazwa kontrahenta|odbiorca|motpart|mottagare|avsandare mottagare',
  counterparty_account:
    'counterparty account|counterparty iban|gegenkonto|iban gegenkonto|iban zahlungsbeteiligter|compte contrepartie|tegenrekening|conto controparte|cuenta contrapartida|rachunek kontrahenta|konto kontrahenta|motpartskonto|motkonto',
  number: 'no|nr|lfd nr|lfd|item|line|n|lp|pos|lopnr|seq',
};

/** Field of a folded title. Words in more than one language's list belong to the first. */
const FIELD_OF_TITLE = new Map<string, ColumnField>();
for (const [field, titles] of Object.entries(TITLES) as [ColumnField, string][]) {
  for (const title of titles.split('|')) if (!FIELD_OF_TITLE.has(title)) FIELD_OF_TITLE.set(title, field);
}

// What follows a title without changing it: `Betrag in EUR`, `Soll (EUR)`, `Amount £`.
const TITLE_TAIL = / (?:in|en|im|w|i)?(?: ?\b(?:[a-z]{3}|euro|euros))$/;

/** With a currency behind it, this is what was moved and not a description or a date. */
const AMOUNT_WITH_CURRENCY: ReadonlySet<string> = new Set(['umsatz', 'value', 'valor']);

/** The longest title in words. */
export const TITLE_WORDS = 5;

/** The field that a printed column title names. */
export function fieldOfTitle(text: string): ColumnField | undefined {
  const folded = fold(text);
  const bare = folded.replace(TITLE_TAIL, '').trim();
  return FIELD_OF_TITLE.get(folded) ?? (bare !== folded && AMOUNT_WITH_CURRENCY.has(bare) ? 'amount' : FIELD_OF_TITLE.get(bare));
}

export type BalanceLabel = 'opening' | 'closing' | 'carry';

const OPENING =
  'opening balance|opening ledger balance|beginning balance|starting balance|start balance|previous balance|previous statement balance|prior balance|balance brought forward|brought forward|balance forward|balance b f|b f|balance last statement|' +
  'balance at start|balance at start of period|balance at beginning|last statement balance|alter saldo|alter kontostand|anfangssaldo|anfangsbestand|saldovortrag|eroffnungssaldo|startsaldo|buchungssaldo alt|vorheriger saldo|saldo alt|saldo vortrag|kontostand alt|dein alter kontostand|letzter kontostand|' +
  'solde initial|ancien solde|solde precedent|solde anterieur|solde d ouverture|solde de depart|solde au debut|report solde|solde debut de periode|' +
  'beginsaldo|vorig saldo|oud saldo|openingssaldo|vorige saldo|saldo vorig afschrift|' +
  'saldo iniziale|saldo precedente|saldo di apertura|saldo inicial|saldo anterior|saldo apertura|saldo de apertura|' +
  'saldo poczatkowe|poprzednie saldo|saldo otwarcia|saldo poprzednie|saldo wyjsciowe|ingaende saldo|ingaende balans|saldo ingaende|foregaende saldo|ingaende kontosaldo';
const CLOSING =
  'closing balance|closing ledger balance|ending balance|end balance|new balance|final balance|current balance|statement balance|balance carried forward|balance carried down|balance c f|c f|balance at end|balance at end of period|balance this statement|neuer saldo|neuer kontostand|endsaldo|' +
  'schlusssaldo|schlussaldo|endbestand|abschlusssaldo|buchungssaldo neu|saldo neu|kontostand neu|dein neuer kontostand|aktueller kontostand|solde final|nouveau solde|solde de cloture|solde de fin|solde actuel|solde fin de periode|solde en fin|' +
  'eindsaldo|nieuw saldo|slotsaldo|huidig saldo|eindbalans|saldo finale|nuovo saldo|saldo di chiusura|saldo attuale|saldo final|nuevo saldo|saldo cierre|saldo de cierre|saldo actual|' +
  'saldo koncowe|nowe saldo|saldo zamkniecia|saldo biezace|utgaende saldo|utgaende balans|saldo utgaende|nytt saldo|slutsaldo|utgaende kontosaldo';
const CARRY =
  'carried forward|carry forward|continued|balance carried over|subtotal|sub total|page total|total this page|ubertrag|ubertrag auf nachste seite|ubertrag auf blatt|ubertrag von seite|ubertrag von blatt|zwischensumme|seitensumme|zwischensaldo|a reporter|report|' +
  'sous total|total page|transport|over te brengen|transporteren|subtotaal|a riportare|riporto|subtotale|suma y sigue|suma anterior|subtotal pagina|do przeniesienia|z przeniesienia|suma czesciowa|transporteras|delsumma|att overfora';
const TOTAL_DEBITS =
  'total debits|total withdrawals|total paid out|total payments|total money out|total debit|summe soll|summe belastungen|gesamtbelastungen|summe lastschriften|summe der belastungen|gesamtumsatz soll|summe ausgange|kontobelastungen|summe sollumsatze|total debit|total debits|total des debits|' +
  'totaal af|totaal debet|totaal afgeschreven|totale addebiti|totale uscite|totale dare|total cargos|total debe|total adeudos|suma obciazen|suma wyplat|summa uttag|summa debet';
const TOTAL_CREDITS =
  'total credits|total deposits|total paid in|total receipts|total money in|total credit|summe haben|summe gutschriften|gesamtgutschriften|summe der gutschriften|gesamtumsatz haben|summe eingange|kontogutschriften|summe habenumsatze|total credit|total des credits|' +
  'totaal bij|totaal credit|totaal bijgeschreven|totale accrediti|totale entrate|totale avere|total abonos|total haber|total ingresos|suma uznan|suma wplat|summa insattningar|summa kredit';
const TOTALS = 'total|totals|summe|summen|umsatzsumme|umsatze gesamt|gesamt|gesamtsumme|totaux|total des mouvements|total des operations|totaal|totalen|totale|totali|totale movimenti|totales|suma|razem|summa|obroty razem|total movimientos|turnover|total for period';

function phrases(list: string): ReadonlySet<string> {
  return new Set(list.split('|'));
}
const LABELS: readonly [BalanceLabel | 'debits' | 'credits' | 'totals', ReadonlySet<string>][] = [
  ['opening', phrases(OPENING)], ['closing', phrases(CLOSING)], ['debits', phrases(TOTAL_DEBITS)], ['credits', phrases(TOTAL_CREDITS)],
  ['carry', phrases(CARRY)], ['totals', phrases(TOTALS)],
];
export type Label = (typeof LABELS)[number][0];

const LONGEST_LABEL_WORDS = 5;

/** A label among folded words: where it stands (`to` exclusive) and what it says. The longest at the earliest place. */
export function findLabel(words: readonly string[], from = 0): { label: Label; from: number; to: number } | undefined {
  for (let i = from; i < words.length; i++) {
    if (words[i] === '') continue;
    for (let n = Math.min(LONGEST_LABEL_WORDS, words.length - i); n > 0; n--) {
      if (words[i + n - 1] === '') continue;
      const phrase = words.slice(i, i + n).filter((word) => word !== '').join(' ');
      const found = LABELS.find(([, set]) => set.has(phrase));
      if (found) return { label: found[0], from: i, to: i + n };
    }
  }
  return undefined;
}

// What may stand beside a label without making it a description: prepositions, currencies, `as of`.
const LABEL_COMPANIONS = phrases('|on|as|of|at|the|in|for|per|vom|zum|am|in|bis|der|au|le|du|a|en|op|van|per|al|del|il|a|el|al|de|na|dzien|w|z|den|pa|eur|usd|gbp|chf|pln|sek|jpy|nok|dkk|czk|cad|aud|euro|euros|your|account|ihr|ihres|kontos|date|datum');

/** Whether the words say nothing beyond the label. */
export function isBareLabel(words: readonly string[], label: { from: number; to: number }): boolean {
  return words.every((word, i) => (i >= label.from && i < label.to) || word.split(' ').every((part) => LABEL_COMPANIONS.has(part) || /^\d+$/.test(part)));
}
