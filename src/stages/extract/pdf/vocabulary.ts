import { isCurrency } from '../../../core/money.ts';
import { remembering } from '../../../core/remember.ts';

/**
 * The words that statements use for their columns and balances, in English, German, French, Dutch, Italian, Spanish, Polish and Swedish.
 * Folded: lower case, no accents, everything but letters and digits a space.
 */

export type ColumnField =
  | 'booking_date' | 'transaction_date' | 'value_date' | 'description' | 'amount' | 'debit' | 'credit' | 'balance' | 'indicator'
  | 'reference' | 'counterparty' | 'counterparty_account' | 'number' | 'currency' | 'foreign';

/** Lower case without accents, words with single spaces between; `+/-` stays as it is. */
export const fold = remembering((text: string): string =>
  text
    .replace('+/-', ' plusminus ')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[łøßæœ]/g, (letter) => ({ ł: 'l', ø: 'o', ß: 'ss', æ: 'ae', œ: 'oe' })[letter]!)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim());

const TITLES: Readonly<Record<ColumnField, string>> = {
  booking_date:
    'transaction date posted|txn posted|bookg date|booking|entry|process dt|trade date|bookdate|buchungs datum|buch datum|buchungsdat|buchtag|bu datum|datum der buchung|date op|dates|date des operations|date d enregistrement|date de l operation|jour|reskontradag|datum boeking|datum transactie|transactiedatum boeking|data reg|data registr|data oper|data di registrazione|data dell operazione|fecha oper|fecha mov|fecha de la operacion|fecha del movimiento|fecha apunte|fecha registro|dia|data transakcji ksiegowania|data zaksiegowania|dzien|transdatum|bokf datum|reg datum|registreringsdag|dato|date|booking date|booked|booked on|posting date|posted|posted date|date posted|post date|entry date|process date|buchung|buchungstag|buchungsdatum|datum|bu tag|butag|' +
    'tag der buchung|tag|gebucht|verbuchungsdatum|buch tag|date operation|date d operation|date comptable|date de comptabilisation|date compta|date ecriture|boekdatum|boekingsdatum|boeking|' +
    'data|data contabile|data operazione|data registrazione|data op|data mov|data movimento|data operacji|data ksiegowania|data ksieg|fecha|fecha operacion|fecha de operacion|' +
    'f operacion|fecha contable|fecha mov|f oper|bokforingsdag|bokforingsdatum|bokford|bokf dag|dag',
  transaction_date:
    'date of transaction|transaction date|trans date|tran date|txn date|purchase date|transaktionsdatum|transaktionsdag|belegdatum|umsatztag|date de transaction|date achat|transactiedatum|data transakcji|data transazione|' +
    'data valuta operazione|fecha transaccion|fecha de transaccion|inkopsdatum',
  value_date:
    'value|value date|val date|val|valuta|valutadatum|wert|wertstellung|wertdatum|valutierung|tag der wertstellung|val datum|date de valeur|date valeur|date val|valeur|rentedatum|valuta datum|' +
    'data valuta|data val|fecha valor|f valor|fecha de valor|valor|data waluty|data waluta|valutadag|rantedag|rantedatum',
  description:
    'angaben zu den umsatzen|descriptions|transaction type|type|type of transaction|payment type|transaction particulars|booking text|booking details|information|details of transaction|transaction information|description of transaction|payee details|remarks|remittance information|purpose|explanation|buchungsinfo|buchungstext verwendungszweck|umsatzart|zahlungsgrund|empfanger verwendungszweck|auftraggeber empfanger verwendungszweck|verwendungszweck buchungstext|beschreibung der buchung|umsatzbeschreibung|text buchung|motif|description des operations|libelles|intitule de l operation|nature et libelle|objet|designation|motif de l operation|omschrijving transactie|naam en omschrijving|beschrijving transactie|boekingsomschrijving|details van de verrichting|verrichting|descrizione movimenti|descrizione dell operazione|descrizione movimento|movimenti|motivo|concepto movimiento|descripcion del movimiento|descripcion operacion|detalles|movimientos|concepto descripcion|opis tytul|szczegoly transakcji|opis transakcji|tresc|rodzaj operacji|tytul przelewu|handelser|transaktionstext|text specifikation|bokforingstext|mottagare avsandare|description|details|transaction details|transaction description|particulars|narrative|narration|transaction|transactions|activity|memo|text|payment details|payment type and details|' +
    'buchungstext|verwendungszweck|vorgang|umsatz|umsatzinformationen|beschreibung|transaktionsinformation|buchungsinformation|buchungsinformationen|erlauterung|erlauterungen|bezeichnung|buchung verwendungszweck|' +
    'text verwendungszweck|wir haben fur sie gebucht|informationen|geschaftsvorfall|buchungsdetails|vorgang buchungsinformation|' +
    'libelle|libelle de l operation|libelle des operations|nature de l operation|nature des operations|nature|operation|operations|detail|detail des operations|detail de l operation|intitule|communication|' +
    'omschrijving|mededeling|mededelingen|beschrijving|naam omschrijving|omschrijvingen|descrizione|descrizione operazione|descrizione operazioni|descrizione del movimento|causale|operazione|dettaglio|dettagli|' +
    'descripcion|concepto|detalle|operacion|movimiento|opis|opis operacji|opis transakcji|tytul|tytulem|tytul operacji|szczegoly|szczegoly operacji|szczegoly transakcji|' +
    'beskrivning|specifikation|transaktion|meddelande|handelse|text mottagare',
  amount:
    'sum|net amount|amount of transaction|transaction value|betrag eur|umsatz in eur|summe|wert in eur|somme|montants|montant de l operation|bedrag van de transactie|bedragen|importi|importo movimento|importes|importe operacion|importe movimiento|wartosc|kwota obciazenia uznania|belopp sek|summa|belob|amount|transaction amount|betrag|betrage|umsatzbetrag|buchungsbetrag|montant|bedrag|importo|importo operazione|importe|kwota|kwota operacji|kwota transakcji|belopp|transaktionsbelopp|amount in|betrag in',
  debit:
    'dr|debit dr|amount dr|withdrawals debits|debits withdrawals|withdrawals and debits|checks and debits|payments and withdrawals|paid|spent|money spent|debit entries|debit turnover|amount out|value out|soll umsatze|sollumsatz|abgang|abgange|zahlungsausgang|lasten|belastet|belastung eur|ausgaben|zu ihren lasten eur|au debit|debits eur|paiements|prelevements|af debet|debet af|bedrag af|uitgave|afgeschreven|in uscita|movimenti dare|a debito|pagamenti|importo dare|a su cargo|salida|pagado|egresos|retiro|cargos debe|kwota wn|strona wn|rozchod|rozchody|obciazenia wn|belastning|utgifter|utgaende|ut debet|debit|debits|withdrawal|withdrawals|withdrawn|paid out|money out|payments|payments out|payment|outgoing|out|charges|debit amount|amount debited|withdrawal amt|soll|belastung|belastungen|lastschrift|lastschriften|ausgang|ausgange|auszahlung|auszahlungen|' +
    'zu ihren lasten|zu lasten|debet|sortie|sorties|depense|depenses|retraits|af|afschrijving|afschrijvingen|uit|uitgaven|' +
    'dare|addebito|addebiti|uscita|uscite|debe|cargo|cargos|adeudo|adeudos|debito|debitos|gastos|retiros|salidas|pagos|' +
    'obciazenie|obciazenia|wyplata|wyplaty|wydatki|winien|wn|uttag|ut|utbetalning|utbetalningar|insattningar och uttag',
  credit:
    'cr|credit cr|amount cr|deposits credits|credits deposits|deposits and credits|additions|received|money received|credit entries|credit turnover|amount received|value in|haben umsatze|habenumsatz|zugang|zugange|zahlungseingang|gunsten|gutgeschrieben|gutschrift eur|einnahmen|zu ihren gunsten eur|au credit|credits eur|encaissements|virements recus|bij credit|credit bij|bedrag bij|inkomsten|bijgeschreven|in entrata|movimenti avere|a credito|incassi|importo avere|a su favor|entrada|cobrado|ingresado|abonos haber|kwota ma|strona ma|przychod|przychody|uznania ma|inkomster|inkomna|gottgorelse|inkommande|in kredit|credit|credits|deposit|deposits|deposited|paid in|money in|receipts|payments in|incoming|in|credit amount|amount credited|deposit amt|haben|gutschrift|gutschriften|eingang|eingange|einzahlung|einzahlungen|' +
    'zu ihren gunsten|zu gunsten|entree|entrees|recette|recettes|versements|depots|bij|bijschrijving|bijschrijvingen|ontvangsten|' +
    'avere|accredito|accrediti|entrata|entrate|haber|abono|abonos|ingreso|ingresos|credito|creditos|depositos|entradas|' +
    'uznanie|uznania|wplata|wplaty|wplywy|ma|kredit|insattning|insattningar|inbetalning|inbetalningar',
  balance:
    'balance after|balance after transaction|new balance|daily balance|end balance|ending daily balance|balances|book bal|kontosaldo eur|saldo eur|saldo neu|laufender saldo|kontostand eur|tagessaldo|zwischensaldo|stand|solde eur|solde en eur|nouveau solde|soldes|saldo eur na|actueel saldo|saldo corrente|saldo finale|saldo attuale|saldo progr|saldo resultante|saldo final|saldo actual|saldo eur|saldo koncowe|saldo biezace|saldo po|stan konta|saldo kr|aktuellt saldo|saldo bokfort|kontobehallning|balance|running balance|account balance|available balance|closing balance|book balance|ledger balance|saldo|kontostand|kontosaldo|neuer saldo|solde|solde courant|solde progressif|solde apres operation|saldo na boeking|saldo na|nieuw saldo|' +
    'saldo contabile|saldo progressivo|saldo disponibile|saldo disponible|saldo contable|saldo po operacji|saldo po transakcji|saldo ksiegowe|bokfort saldo|saldo efter|behallning',
  indicator: 'cr db|db cr|s h kz|sh kz|sh kennz|soll haben|haben soll|af of bij|mutatie|segno|signo|znak|tecken|vz|vorzeichen|sens|d a|d k|deb cred|debit credit|kz|c d|dr cr|cr dr|debit credit indicator|s h|h s|soll haben kennzeichen|plusminus|sign|af bij|bij af|d k|dc|sh|debe haber|d h|crdr|drcr|wn ma',
  reference:
    'docto|documento|doc|chq ref no|chq ref|ref chq no|ref no cheque no|ref no chq no|cheque ref no|chq no ref no|cheque reference|chq ref number|instrument id|utr|utr no|tran id|cheque|chq|check|cheque number|instrument no|reference numbers|bank ref|txn id|trans id|buchungsnummer|buchungs nr|vorgangsnummer|transaktionsnummer|n operation|numero d operation|n de piece|piece|cheque n|volgnummer|transactienummer|boekingsnummer|num operazione|cro|n operacion|num documento|oficina|numer operacji|nr operacji|nr dokumentu|transaktionsnr|ver nr|reference|ref|ref no|reference no|reference number|transaction id|transaction reference|bank reference|cheque no|check no|check number|chq no|document no|voucher|referenz|referenznummer|ref nr|beleg|belegnummer|beleg nr|' +
    'primanota|pn nr|pnnr|reference operation|referentie|kenmerk|riferimento|rif|referencia|n documento|referencja|nr ref|nr referencyjny|referens|verifikation|verifikationsnummer',
  counterparty:
    'payee|name|counterparty|counterparty name|beneficiary|payer|payer payee|beneficiary payer|merchant|auftraggeber empfanger|empfanger auftraggeber|empfanger|auftraggeber|name zahlungsbeteiligter|zahlungsbeteiligter|partner|' +
    'contrepartie|beneficiaire|tiers|tegenpartij|naam|naam tegenpartij|controparte|beneficiario|beneficiario ordinante|ordenante|ordenante beneficiario|kontrahent|nadawca odbiorca|nazwa kontrahenta|odbiorca|motpart|mottagare|avsandare mottagare',
  counterparty_account:
    'counterparty account|counterparty iban|gegenkonto|iban gegenkonto|iban zahlungsbeteiligter|compte contrepartie|tegenrekening|conto controparte|cuenta contrapartida|rachunek kontrahenta|konto kontrahenta|motpartskonto|motkonto',
  currency: 'currency|ccy|cur|curr|wahrung|wrg|whg|devise|dev|munt|div|divisa|moneda|waluta|valutakod|ccy code',
  foreign: 'original amount|foreign amount|foreign currency amount|amount in foreign currency|foreign currency|instructed amount|amount original|orig amount|local amount|originalbetrag|fremdwahrung|betrag fremdwahrung|fremdwahrungsbetrag|betrag in fremdwahrung|ursprungsbetrag|auftragsbetrag|montant en devise|montant devise|montant d origine|bedrag vreemde valuta|oorspronkelijk bedrag|importo in divisa|importo valuta|importo originale|importe divisa|importe en divisa|importe original|kwota w walucie|kwota oryginalna|kwota transakcji w walucie|utlandskt belopp|ursprungligt belopp|belopp i valuta',
  number: 'sl no|s no|sr no|sno|srl|no|nr|lfd nr|lfd|item|line|n|lp|pos|lopnr|seq',
};

/** Field of a folded title. Words in more than one language's list belong to the first. */
const FIELD_OF_TITLE = new Map<string, ColumnField>();
for (const [field, titles] of Object.entries(TITLES) as [ColumnField, string][]) {
  for (const title of titles.split('|')) if (!FIELD_OF_TITLE.has(title)) FIELD_OF_TITLE.set(title, field);
}

// What follows a title without changing it: `Betrag in EUR`, `Soll (EUR)`, `Amount £`.
const TITLE_TAIL = / (?:(?:in|en|im|w|i) )?([a-z]{3}|euro|euros)$/;

/** With a currency behind it, this is what was moved and not a description or a date. */
const AMOUNT_WITH_CURRENCY: ReadonlySet<string> = new Set(['umsatz', 'value', 'valor']);

/** The longest title in words. */
export const TITLE_WORDS = 5;

/** The field that a printed column title names. */
export function fieldOfTitle(text: string): ColumnField | undefined {
  return titleOf(text).field;
}

// Every line is asked whether it is a header, by each of its words and their neighbours.
const titleOf = remembering((text: string): { field: ColumnField | undefined } => {
  const folded = fold(text);
  const bare = folded.replace(TITLE_TAIL, (tail, code: string) => (code.startsWith('euro') || isCurrency(code.toUpperCase()) ? '' : tail));
  return { field: FIELD_OF_TITLE.get(folded) ?? (bare !== folded && AMOUNT_WITH_CURRENCY.has(bare) ? 'amount' : FIELD_OF_TITLE.get(bare)) };
});

export type BalanceLabel = 'opening' | 'closing' | 'carry';

const OPENING =
  'opening balance|opening ledger balance|beginning balance|starting balance|start balance|previous balance|previous statement balance|prior balance|balance brought forward|brought forward|balance forward|balance b f|b f|balance last statement|' +
  'balance at start|balance at start of period|balance at beginning|last statement balance|alter saldo|alter kontostand|anfangssaldo|anfangsbestand|saldovortrag|eroffnungssaldo|startsaldo|buchungssaldo alt|vorheriger saldo|saldo alt|saldo vortrag|kontostand alt|dein alter kontostand|letzter kontostand|' +
  'solde initial|ancien solde|solde precedent|solde anterieur|solde d ouverture|solde de depart|solde au debut|report solde|solde debut de periode|' +
  'beginsaldo|vorig saldo|oud saldo|openingssaldo|vorige saldo|saldo vorig afschrift|' +
  'saldo iniziale|saldo precedente|saldo di apertura|saldo inicial|saldo anterior|saldo apertura|saldo de apertura|' +
  'saldo poczatkowe|poprzednie saldo|saldo otwarcia|saldo poprzednie|saldo wyjsciowe|ingaende saldo|ingaende balans|saldo ingaende|foregaende saldo|ingaende kontosaldo';
const CLOSING =
  'saldo a su favor|saldo a nuestro favor|closing balance|closing ledger balance|ending balance|end balance|new balance|final balance|current balance|statement balance|balance carried forward|balance carried down|balance c f|c f|balance at end|balance at end of period|balance this statement|neuer saldo|neuer kontostand|endsaldo|' +
  'schlusssaldo|schlussaldo|endbestand|abschlusssaldo|buchungssaldo neu|saldo neu|kontostand neu|dein neuer kontostand|aktueller kontostand|solde final|nouveau solde|solde de cloture|solde de fin|solde actuel|solde fin de periode|solde en fin|' +
  'eindsaldo|nieuw saldo|slotsaldo|huidig saldo|eindbalans|saldo finale|nuovo saldo|saldo di chiusura|saldo attuale|saldo final|nuevo saldo|saldo cierre|saldo de cierre|saldo actual|' +
  'saldo koncowe|nowe saldo|saldo zamkniecia|saldo biezace|utgaende saldo|utgaende balans|saldo utgaende|nytt saldo|slutsaldo|utgaende kontosaldo';
const CARRY =
  'carried over|forward to next page|to be carried forward|brought over|overgebracht|over te dragen|overdracht|reporte|solde a reporter|solde reporte|a nouveau|saldo a riportare|saldo riportato|riporto saldo|a cuenta nueva|saldo a cuenta nueva|saldo arrastrado|suma y sigue pagina|saldo do przeniesienia|saldo z przeniesienia|do przeniesienia na nastepna strone|overfort|overfores|att overfora|zwischensaldo|seitensaldo|seitenubertrag|ubertrag von vorseite|ubertrag nachste seite|balance carried to next page|carried forward|carry forward|continued|balance carried over|subtotal|sub total|page total|total this page|ubertrag|ubertrag auf nachste seite|ubertrag auf blatt|ubertrag von seite|ubertrag von blatt|zwischensumme|seitensumme|zwischensaldo|a reporter|report|' +
  'sous total|total page|transport|over te brengen|transporteren|subtotaal|a riportare|riporto|subtotale|suma y sigue|suma anterior|subtotal pagina|do przeniesienia|z przeniesienia|suma czesciowa|transporteras|delsumma|att overfora';
const TOTAL_DEBITS =
  'total debits|total withdrawals|total paid out|total payments|total money out|total debit|summe soll|summe belastungen|gesamtbelastungen|summe lastschriften|summe der belastungen|gesamtumsatz soll|summe ausgange|kontobelastungen|summe sollumsatze|total debit|total debits|total des debits|' +
  'totaal af|totaal debet|totaal afgeschreven|totale addebiti|totale uscite|totale dare|total cargos|total debe|total adeudos|suma obciazen|suma wyplat|summa uttag|summa debet';
const TOTAL_CREDITS =
  'total credits|total deposits|total paid in|total receipts|total money in|total credit|summe haben|summe gutschriften|gesamtgutschriften|summe der gutschriften|gesamtumsatz haben|summe eingange|kontogutschriften|summe habenumsatze|total credit|total des credits|' +
  'totaal bij|totaal credit|totaal bijgeschreven|totale accrediti|totale entrate|totale avere|total abonos|total haber|total ingresos|suma uznan|suma wplat|summa insattningar|summa kredit';
const TOTALS = 'totalt|sammanlagt|summe der umsatze|summe umsatze|total des operations eur|total operations|total transactions|total activity|total|totals|summe|summen|umsatzsumme|umsatze gesamt|gesamt|gesamtsumme|totaux|total des mouvements|total des operations|totaal|totalen|totale|totali|totale movimenti|totales|suma|razem|summa|obroty razem|total movimientos|turnover|total for period';

function phrases(list: string): ReadonlySet<string> {
  return new Set(list.split('|'));
}
const LABELS: readonly [BalanceLabel | 'debits' | 'credits' | 'totals', ReadonlySet<string>][] = [
  ['opening', phrases(OPENING)], ['closing', phrases(CLOSING)], ['debits', phrases(TOTAL_DEBITS)], ['credits', phrases(TOTAL_CREDITS)],
  ['carry', phrases(CARRY)], ['totals', phrases(TOTALS)],
];
export type Label = (typeof LABELS)[number][0];

/** Adjectives and nouns of balances: any short phrase of both is one, whatever its exact wording. */
const OPENING_WORDS = new RegExp('^(?:opening|openings|open|previous|prior|starting|start|beginning|begin|initial|last|old|brought|forwarded|alter|alte|altes|voriger|vorheriger|vorherige|letzter|letzte|anfang|anfangs|beginn|ancien|precedent|initial|debut|depart|ouverture|anterieur'
  + '|reporte|vorig|vorige|oud|oude|begin|iniziale|iniziali|precedente|apertura|inizio|anterior|inicial|inicio|partida|poczatkowe|poczatkowy|poczatek|poprzednie|poprzedni|otwarcia|ingaende|foregaende|tidigare|forra)$');
const CLOSING_WORDS = new RegExp('^(?:closing|close|ending|end|new|final|neuer|neue|neues|schluss|abschluss|ende|nouveau|final|cloture|fin|eind|einde|nieuw|nieuwe|slot|finale|finali|nuovo|chiusura|fine|nuevo|cierre|koncowe|koncowy|koniec|nowe|nowy|zamkniecia|utgaende|nytt|slut|slutligt)$');
const BALANCE_NOUN = /^(?:balance|bal|saldo|saldi|solde|kontostand|kontosaldo|balans|bestand|behallning|guthaben|barguthaben|kontobehallning|stan)$/;
const COMPOUND = /^(anfangs|eroffnungs|start|vormonats|vortrags|begin|openings|ingangs|end|schluss|schlus|abschluss|monatsend|eind|slot|slut)(?:saldo|bestand|kontostand|guthaben|balans|stand)$/;
const OPENING_COMPOUND = /^(?:anfangs|eroffnungs|start|vormonats|vortrags|begin|openings|ingangs)/;
/** Between the words of such a phrase. */
const FILLERS = /^(?:account|ledger|book|booked|statement|daily|period|month|your|of|at|the|konto|kontos|ihr|ihres|zum|per|am|en|de|du|d|le|la|l|a|au|van|op|del|di|il|al|periode|periodo|contable|contabile|kontot|pa|ksiegowe|rachunku|na|w)$/;

const TOTAL_WORDS = /^(?:total|totals|sum|summe|gesamt|gesamtsumme|totaux|somme|totaal|totale|totali|totales|suma|razem|summa|totalt|sammanlagt)$/;

const PARTIAL = /^(?:einzahlung(?:en)?|auszahlung(?:en)?|charges|payments?|transfers|checks|cheques|fees|gastos|retraits|depots|versements|prelevements|paiements|pagamenti|pagos)$/;

/** The longest phrase of balance or total words that begins at `at`. */
function phraseAt(words: readonly string[], at: number): { label: Label; to: number } | undefined {
  const compound = COMPOUND.test(words[at]!) ? (OPENING_COMPOUND.test(words[at]!) ? 'opening' : 'closing') : undefined;
  if (compound !== undefined) return { label: compound, to: at + 1 };
  if (TOTAL_WORDS.test(words[at]!)) {
    for (let n = Math.min(LONGEST_LABEL_WORDS, words.length - at); n > 1; n--) {
      if (words[at + n - 1] === '') continue;
      const field = FIELD_OF_TITLE.get(words.slice(at + 1, at + n).filter((word) => word !== '' && !FILLERS.test(word) && word !== 'der' && word !== 'des').join(' '));
      // Deposits and withdrawals in cash, charges and the like are parts of the movements.
      if ((field === 'debit' || field === 'credit') && !PARTIAL.test(words[at + n - 1]!)) return { label: field === 'debit' ? 'debits' : 'credits', to: at + n };
    }
    return undefined;
  }
  let opening = false;
  let closing = false;
  let noun = false;
  let end = at;
  for (let i = at; i < Math.min(words.length, at + LONGEST_LABEL_WORDS); i++) {
    const word = words[i]!;
    if (OPENING_WORDS.test(word)) opening = true;
    else if (CLOSING_WORDS.test(word)) closing = true;
    else if (BALANCE_NOUN.test(word)) noun = true;
    else if (!FILLERS.test(word) || i === at) break;
    else continue;
    end = i + 1;
  }
  if (!noun || opening === closing) return undefined;
  return { label: opening ? 'opening' : 'closing', to: end };
}

const LONGEST_LABEL_WORDS = 5;

/** Words with which a label's phrase begins. */
const FIRST_WORDS: ReadonlySet<string> = new Set(LABELS.flatMap(([, set]) => [...set].map((phrase) => phrase.split(' ')[0]!)));

/** Whether a label may begin with a word: most words of a document begin none. */
const mayBegin = remembering((word: string): boolean => FIRST_WORDS.has(word.split(' ')[0]!) || COMPOUND.test(word) || TOTAL_WORDS.test(word) || OPENING_WORDS.test(word) || CLOSING_WORDS.test(word) || BALANCE_NOUN.test(word));

/** Whether a folded word is a balance by itself. */
export function isBalanceNoun(word: string): boolean {
  return BALANCE_NOUN.test(word);
}

/** A label among folded words: where it stands (`to` exclusive) and what it says. The longest at the earliest place. */
export function findLabel(words: readonly string[], from = 0): { label: Label; from: number; to: number } | undefined {
  for (let i = from; i < words.length; i++) {
    if (words[i] === '' || !mayBegin(words[i]!)) continue;
    const total = TOTAL_WORDS.test(words[i]!) ? phraseAt(words, i) : undefined;
    if (total) return { from: i, ...total };
    for (let n = Math.min(LONGEST_LABEL_WORDS, words.length - i); n > 0; n--) {
      if (words[i + n - 1] === '') continue;
      const phrase = words.slice(i, i + n).filter((word) => word !== '').join(' ');
      const found = LABELS.find(([, set]) => set.has(phrase));
      if (found) return { label: found[0], from: i, to: i + n };
    }
    const other = phraseAt(words, i);
    if (other) return { from: i, ...other };
  }
  return undefined;
}

// What may stand beside a label without making it a description: prepositions, currencies, `as of`.
const LABEL_COMPANIONS = phrases('|debiteur|crediteur|debitore|creditore|deudor|acreedor|ihren|ihre|lasten|gunsten|zu|su|nuestro|favor|um|uhr|auszug|nr|kontoauszug|items|item|transactions|entries|posten|umsatze|buchungen|transacciones|movimenti|movimientos|operations|transacties|operacji|ma|on|as|of|at|the|in|for|per|vom|zum|am|in|bis|der|au|le|du|a|en|op|van|per|al|del|il|a|el|al|de|na|dzien|w|z|den|pa|eur|usd|gbp|chf|pln|sek|jpy|nok|dkk|czk|cad|aud|euro|euros|your|account|ihr|ihres|kontos|date|datum');

/** Whether the words say nothing beyond the label. */
export function isBareLabel(words: readonly string[], label: { from: number; to: number }): boolean {
  return words.every((word, i) => (i >= label.from && i < label.to) || word.split(' ').every((part) => LABEL_COMPANIONS.has(part) || /^\d+$/.test(part)));
}

/** Whether folded words say no more than that a balance follows: `Solde au`, `Kontostand am`, `Saldo`. */
export function isBareBalance(words: readonly string[]): boolean {
  const said = words.flatMap((word) => word.split(' ')).filter((word) => word !== '');
  return said.some((word) => BALANCE_NOUN.test(word)) && said.every((word) => BALANCE_NOUN.test(word) || FILLERS.test(word) || LABEL_COMPANIONS.has(word) || /^\d+$/.test(word));
}

/** Words that say of a balance on which side it stands: `SOLDE DEBITEUR AU`, `Saldo zu Ihren Lasten`. */
const DEBIT_BALANCE = /\b(?:debiteur|debitore|deudor|overdrawn|debetsaldo|sollsaldo|zu ihren lasten|a nuestro favor|a debito|a su cargo|saldo debet)\b/;
const CREDIT_BALANCE = /\b(?:crediteur|creditore|acreedor|habensaldo|zu ihren gunsten|a su favor|a credito|en su favor|in credit)\b/;

/** The side that a balance's words name, if they name one. */
export function sideOfBalance(folded: string): 'debit' | 'credit' | undefined {
  const debit = DEBIT_BALANCE.test(folded);
  return debit === CREDIT_BALANCE.test(folded) ? undefined : debit ? 'debit' : 'credit';
}

/** What a heading over some of the rows says of them. */
export type Section = 'credit' | 'debit' | 'daily_balance' | 'neutral';

const CREDIT_SECTION = 'payments and other credits|payments and credits|payments credits and adjustments|payment credits|money coming in|paid to you|payments to you|transfers in|transfers received|income|incoming|einnahmen|geldeingang|uberweisungseingange|geld ein|other additions|deposits and transfers in|crediti|creditos|zahlungen an sie|deposits|deposits and other credits|deposits and credits|deposits and additions|deposits credits|other deposits|electronic deposits|direct deposits|other credits|credits|credit transactions|incoming payments|incoming transfers|payments received|receipts|money in|additions|interest paid|interest earned|interest|deposits interest and other credits|credit entries|' +
  'gutschriften|zahlungseingange|eingange|habenbuchungen|haben|gutschrift|geldeingange|eingehende zahlungen|einzahlungen|habenumsatze|zinsen|credits|operations au credit|encaissements|versements|virements recus|recettes|entrees|remises|bijschrijvingen|bij|ontvangsten|ontvangen|inkomsten|ontvangen betalingen|' +
  'entrate|accrediti|movimenti a credito|operazioni a credito|avere|incassi|bonifici in entrata|ingresos|abonos|haber|cobros|movimientos de abono|operaciones de abono|uznania|wplywy|wplaty|przychody|insattningar|inkomster|inbetalningar|kreditposter|inkommande betalningar';
const DEBIT_SECTION = 'purchase|purchases and adjustments|standard purchases|cash advances|subtractions|money going out|paid by you|payments by you|transfers out|transfers sent|spending|outgoing|other deductions|deductions|other subtractions|card activity|debit card transactions|atm activity|ausgaben|geldausgang|uberweisungsausgange|geld aus|lastschriften und uberweisungen|debiti|zahlungen von ihnen|taxes|interest charged|steuern|withdrawals|withdrawals and other debits|withdrawals and debits|withdrawals and subtractions|atm withdrawals|atm debit card withdrawals|atm and debit card withdrawals|card withdrawals|electronic withdrawals|electronic payments|other withdrawals|other debits|debits|debit transactions|outgoing payments|outgoing transfers|payments made|money out|subtractions|checks|checks paid|cheques|cheques paid|service fees|fees|' +
  'fees and charges|charges|bank charges|service charges|fees charged|card purchases|card payments|purchases|payments|debit card purchases|direct debits|standing orders|debit entries|withdrawals fees and other debits|belastungen|zahlungsausgange|ausgange|sollbuchungen|soll|lastschriften|geldausgange|ausgehende zahlungen|auszahlungen|entgelte|gebuhren|spesen|sollumsatze|kartenzahlungen|' +
  'debits|operations au debit|decaissements|prelevements|paiements|virements emis|depenses|sorties|retraits|cheques emis|cheques|frais|frais et commissions|frais bancaires|commissions|paiements par carte|afschrijvingen|af|uitgaven|betalingen|kosten|opnames|incasso s|uitgaande betalingen|uscite|addebiti|movimenti a debito|operazioni a debito|dare|spese|commissioni|pagamenti|bonifici in uscita|' +
  'cargos|adeudos|debe|pagos|gastos|comisiones|comisiones y gastos|movimientos de cargo|recibos|retiros|obciazenia|wyplaty|wydatki|oplaty|prowizje|rozchody|oplaty i prowizje|uttag|utgifter|utbetalningar|avgifter|debetposter|betalningar|utgaende betalningar';
const DAILY_SECTION = 'daily balance|daily balances|daily ending balance|daily ending balances|daily ledger balance|daily ledger balances|daily balance summary|daily balance information|daily account balance|balance by date|tagessalden|tagliche salden|saldo per dag|soldes quotidiens|saldi giornalieri|saldos diarios|salda dzienne|dagssaldon|ending daily balance';
const NEUTRAL_SECTION = 'transactions|account activity|activity|transaction history|transaction details|account summary|summary|umsatze|buchungen|operations|mouvements|transacties|movimenti|movimientos|operacje|transaktioner|pending transactions|account transactions|all transactions';
const SECTIONS: readonly [Section, ReadonlySet<string>][] = [
  ['daily_balance', phrases(DAILY_SECTION)], ['credit', phrases(CREDIT_SECTION)], ['debit', phrases(DEBIT_SECTION)], ['neutral', phrases(NEUTRAL_SECTION)],
];
const CONTINUED = / (?:continued|cont|fortsetzung|suite|vervolg|segue|continuacion|cd|ciag dalszy|forts)$/;

/** What a line says that stands alone over rows: `Deposits and other credits (continued)`. */
export function sectionOf(folded: string): Section | undefined {
  return sectionNamed(folded).section;
}

const sectionNamed = remembering((folded: string): { section: Section | undefined } => {
  const plain = folded.replace(CONTINUED, '');
  const field = FIELD_OF_TITLE.get(plain);
  return { section: SECTIONS.find(([, set]) => set.has(plain))?.[0] ?? (field === 'credit' || field === 'debit' ? field : undefined) ?? sectionOfWords(plain) };
});

/** `Withdrawals and other subtractions`: several words of one direction. */
function sectionOfWords(plain: string): Section | undefined {
  const words = plain.split(' ').filter((word) => !CONJUNCTION.test(word));
  if (words.length < 2) return undefined;
  const found = new Set(words.map((word) => SECTIONS.find(([, set]) => set.has(word))?.[0]));
  const [only] = found;
  return found.size === 1 && (only === 'credit' || only === 'debit') ? only : undefined;
}

const CONJUNCTION = /^(?:and|other|all|und|sonstige|et|autres|en|overige|e|altri|altre|y|otros|otras|i|inne|och|ovriga)$/;

const COUNT = new RegExp('^(?:(?:total )?(?:number|no|count|anzahl|nombre|aantal|numero|num|n|liczba|ilosc|antal)(?: (?:of|der|d|de|di|total|totale|gesamt|alle|transactions))* )?'
  + '(transactions|entries|items|bookings|movements|umsatze|buchungen|posten|operations|mouvements|ecritures|transacties|boekingen|mutaties|movimenti|operazioni|movimientos|operaciones|apuntes|operacji|transakcji|transaktioner|handelser|poster)$');
const COUNT_NOUN_ALONE = /^(?:transactions|umsatze|buchungen|operations|mouvements|transacties|movimenti|movimientos|operaciones|transaktioner|operacji|transakcji)$/;

/** Whether folded words label the number of entries: `Number of transactions`; with a colon behind it the noun alone does. */
export function isCountLabel(folded: string, colon: boolean): boolean {
  return COUNT.test(folded) && (colon || !COUNT_NOUN_ALONE.test(folded));
}

const DEBIT_MARKS: ReadonlySet<string> = new Set(['d', 'dr', 'db', 'dt', 's', 'soll', 'debit', 'debet', 'deb', 'dare', 'debe', 'af', 'wn', 'belastung', 'lastschrift', 'cargo', 'addebito', 'withdrawal', 'uttag', '-', '\u2010', '\u2012', '\u2013', '\u2014', '\u2212']);
const CREDIT_MARKS: ReadonlySet<string> = new Set(['c', 'cr', 'ct', 'k', 'h', 'a', 'haben', 'credit', 'kredit', 'cred', 'avere', 'haber', 'bij', 'ma', 'gutschrift', 'abono', 'accredito', 'deposit', 'insattning', '+']);

/** `insattning.` in brackets */
const LONGEST_MARK = 14;

/** What a mark beside an amount says of its direction. */
export function indicatorOf(text: string): 'debit' | 'credit' | undefined {
  if (text.length > LONGEST_MARK) return undefined;
  const mark = text.toLowerCase().replace(/[.()]/g, '').normalize('NFD').replace(/\p{M}/gu, '');
  return DEBIT_MARKS.has(mark) ? 'debit' : CREDIT_MARKS.has(mark) ? 'credit' : undefined;
}
