import { isCurrency } from '../../core/money.ts';

/** What the column titles of bank exports mean, and in which language they say it. */

/** What a column can be to an entry. */
export type Role =
  | 'booking_date' | 'value_date' | 'amount' | 'debit' | 'credit' | 'indicator' | 'balance' | 'balance_before'
  | 'opening_balance' | 'closing_balance' | 'currency' | 'account'
  | 'account_bank' | 'description' | 'counterparty_name' | 'payer_name' | 'payee_name' | 'counterparty_account' | 'payer_account'
  | 'payee_account' | 'counterparty_bank' | 'ultimate_name' | 'bank_reference' | 'end_to_end_id' | 'mandate_id'
  | 'customer_reference' | 'structured_reference' | 'transaction_code' | 'status' | 'pending' | 'instructed_amount'
  | 'instructed_currency' | 'exchange_rate' | 'fee' | 'return_reason';

/** A title that cannot stand over a bank statement: invoices, orders, people, portfolios. */
type Meaning = Role | 'foreign';

export interface TitleMeaning {
  role: Meaning;
  /** How plainly the title says so; of several columns for one role the lowest rank takes it. */
  rank: number;
  /** Only an English title leaves open whether dates are month first. */
  english: boolean;
}

/** The roles of which a table has one or two: what moves the account. */
export const MONEY_ROLES = ['amount', 'debit', 'credit'] as const;

export function isMoney(role: TitleMeaning['role']): boolean {
  return (MONEY_ROLES as readonly string[]).includes(role);
}

/**
 * Role, rank, titles in English (or the same in English), titles in German, French, Dutch, Italian, Spanish, Polish, Swedish and some
 * neighbours. A title that stands in several lines means the first for which the values under it are of the right kind.
 */
const TITLES: readonly [Meaning, number, string, string][] = [
  ['booking_date', 0,
    `booking date | posting date | post date | posted date | date posted | posted on | booked | book date | completed date
      date completed | completed on | date processed | processed date | process date | settlement date | accounting date
      ledger date | entry date | posted transactions date | booking date time | date op | booked at | booked on`,
    `buchungstag | buchungsdatum | buchung | datum buchung | gebucht am | verbuchungsdatum | date comptable
      date de comptabilisation | date d ecriture | comptabilisation | boekdatum | boekingsdatum | datum boeking | datum verrekening
      verwerkingsdatum | data contabile | data registrazione | data di registrazione | data reg | fecha contable
      fecha de contabilizacion | fecha registro | f contable | data ksiegowania | data zaksiegowania | bokforingsdag
      bokforingsdatum | bokford | bokfoert | bogforingsdato | bokforingsdato | bokfort dato | kirjauspaiva | konyveles datuma
      konyvelesi datum | datum zauctovani | datum zuctovani | data de lancamento | data lancamento | data mov | data movimento | date comptabilisation | data cont | abschlussdatum
      datum knjizenja | data inregistrarii | data contabilizarii | kande kuupaev | ημερομηνια καταχωρησης | λογιστικη ημερομηνια
      дата на осчетоводяване`],
  ['booking_date', 1,
    `date | day | dates | date utc | local date | txn date | tran date`,
    `datum | fecha | data | dato | dag | pvm | paivamaara | tag | datum platby | data operazione | data operacji | date operation
      date de l operation | date d operation | date de transaction | date transaction | fecha operacion | fecha de operacion
      f operacion | fecha movimiento | fecha mov | transaktionsdag | transaktionsdatum | datum transactie | transactiedatum
      data transakcji | datum proveden | datum provedeni | umsatzdatum | tranzakcio datuma | data da operacao | datum verrichting
      datum van de transactie | datum obchodu | kuupaev | datums | ημερομηνια | ημερομηνια συναλλαγης | ημερομηνια κινησης | дата`],
  ['booking_date', 2,
    `transaction date | trans date | date of transaction | transacted on | operation date | started date | created on
      date started | purchase date | datetime | date time | timestamp | time | created | created at`,
    `belegdatum | kaufdatum | kopdatum | datum kop | date d achat | date achat | tranzakcio datuma es ideje | inkopsdatum`],
  ['value_date', 0,
    `value date | valuta date | effective date | value dt | val date | date val`,
    `valutadatum | valuta | valutadag | wertstellung | wertstellungsdatum | wertstellungstag | wert | date de valeur | date valeur
      valeur | rentedatum | data valuta | valuta data | fecha valor | f valor | fecha de valor | data waluty | valutadato
      rentedato | vardedag | valor | arvopaiva | erteknap | datum valuty | data valor | valoor | valuta datum | wertstellung valuta | valuta wertstellung | data val | date de la valeur
      valutierung | valutierungsdatum | datum valuta | data de valor | data waluta | datum valute | datum valutacije | rantedag
      valuteringsdato | valordato | valoerdato | arvopvm | erteknapja | ertekdatum | data valutei | data de valuta | vaartuspaev
      vaartuskuupaev | valutesanas datums | valiutavimo data | βαλερ | ημερομηνια βαλερ | ημερομηνια αξιας | ημερομηνια valeur
      τοκοφορος ημερομηνια | вальор | дата на вальор | дата вальор`],
  ['amount', 0,
    `amount | transaction amount | amount transaction | txn amount | booking amount | signed amount | net amount posted
      amount in account currency | account currency amount | account amount | amt | credit debit amount | debit credit amount`,
    `betrag | umsatz | buchungsbetrag | umsatzbetrag | betrag in kontowahrung | betrag kontowahrung | montant
      montant de l operation | montant operation | montant en devise du compte | montant net | bedrag | transactiebedrag | importo
      importo operazione | importe | importe operacion | importe en euros | cantidad | monto | kwota | kwota operacji
      kwota transakcji | kwota w walucie rachunku | kwota w walucie konta | belopp | transaktionsbelopp | belob | belop | maara
      summa | osszeg | tranzakcio osszege | konyvelt osszeg | maara euroa | kwota transakcji waluta rachunku | castka | objem | zauctovana castka | castka v mene uctu | montante
      soll haben | ποσο | сума`],
  ['amount', 1, `value | sum`, `valor | summa | suma`],
  // Of gross, fee and net, the last is what moves the account.
  ['amount', 2, `net`, `netto`],
  ['debit', 0,
    `debit | debits | debit amount | amount debit | withdrawal | withdrawals | withdrawal amount | withdrawal amt | paid out
      money out | payments out | out | outflow | spent | dr | dr amount | payment amount out`,
    `soll | sollbetrag | belastung | belastungen | belastung in | lastschrift | ausgabe | ausgaben | ausgang | abgang | debet
      debetbedrag | af | uit | uitgaven | addebito | addebiti | uscite | uscita | dare | cargo | cargos | debe | gasto | gastos
      retiros | salida | obciazenie | obciazenia | wydatki | wyplaty | uttag | ut | ut fra konto | kiadas | terheles | vydaje
      debito | debitos | montant debit | montant au debit | importo dare | importe debe | importo addebito | χρεωση | дебит`],
  ['credit', 0,
    `credit | credits | credit amount | amount credit | deposit | deposits | deposit amount | deposit amt | paid in | money in
      payments in | in | inflow | received | cr | cr amount`,
    `haben | habenbetrag | gutschrift | gutschriften | einnahme | einnahmen | eingang | zugang | bij | creditbedrag | inkomsten
      accredito | accrediti | entrate | entrata | avere | abono | abonos | haber | ingreso | ingresos | depositos | entrada
      uznanie | uznania | wplywy | wplaty | insattning | insattningar | inn | inn pa konto | bevetel | jovairas | prijmy | credito
      creditos | montant credit | montant au credit | importo avere | importe haber | importo accredito | πιστωση | кредит`],
  ['indicator', 0,
    `debit credit | credit debit | d c | c d | dc | cd | dr cr | cr dr | debit credit indicator | credit debit indicator
      cdt dbt ind | indicator | sign | debit or credit | credit or debit | direction | money in out | in out | debit credit mark
      type debit credit`,
    `soll haben | s h | soll haben kennzeichen | sh | kennzeichen | vorzeichen | richtung | haben soll | af bij | bij af | afbij
      debet credit | credit debet | code debet credit | plus min | sens | sens operation | debit credit mouvement | dare avere | segno | d a
      debe haber | cargo abono | signo | wn ma | strona | bevetel kiadas | terheles jovairas | prijem vydaj | smer | tecken
      entrada salida`],
  ['indicator', 1,
    `type | transaction type | type of transaction | kind`,
    `typ | art | umsatzart | mutatiesoort | type operation | tipo | tipo operazione | tipo movimiento | tipo de movimiento`],
  ['balance', 0,
    `balance | running balance | account balance | balance after | balance after transaction | closing balance | ledger balance
      book balance | running bal | resulting balance | balance amount | available balance after | new balance | bal`,
    `saldo | kontostand | guthaben | saldo nach buchung | kontostand nach buchung | neuer saldo | solde | solde apres operation
      solde comptable | nouveau solde | saldo na mutatie | saldo na trn | saldo na boeking | nieuw saldo | saldo contabile
      saldo progressivo | saldo dopo operazione | saldo contable | saldo despues | saldo final | saldo po operacji
      saldo po transakcji | saldo ksiegowe | saldo efter | bokfort saldo | utgaende saldo | egyenleg | szamlaegyenleg | zustatek
      zustatek po | saldo apos | saldo contabilistico | tilin saldo | eindsaldo | endsaldo | υπολοιπο`],
  ['balance_before', 0,
    `balance before | balance before transaction | previous balance | opening balance | starting balance | start balance | old balance`,
    `saldo vor buchung | anfangssaldo | startsaldo | alter saldo | saldo voor mutatie | saldo voor boeking | beginsaldo
      solde avant operation | ancien solde | saldo iniziale | saldo anterior | saldo inicial | saldo przed operacja`],
  ['currency', 0,
    `currency | ccy | currency code | transaction currency | account currency | amount currency | curr | cur | currency of account | payment currency | wallet currency`,
    `wahrung | waehrung | valuutta | devies | buchungswahrung | kontowahrung | umsatzwahrung | devise | monnaie | devise du compte | munt | muntsoort
      valuta | valutacode | divisa | moneda | moneta | waluta | waluta operacji | waluta rachunku | valutta | devizanem
      tranzakcio devizaneme | mena | mena uctu | moeda | divisa cuenta | divisa conto | valuta rekening | munteenheid | valuta van de rekening`],
  ['account', 0,
    `own account | own account number | statement account | account iban | my account | this account | account no own
      ordering account | account identification | client account`,
    `auftragskonto | iban auftragskonto | eigenes konto | eigene iban | iban des auftraggeberkontos | iban auftraggeberkonto | konto auftraggeber
      kontoiban | eigen rekening | eigen rekeningnummer | opdrachtgeversrekening | rekening opdrachtgever | compte propre
      conto ordinante | cuenta propia | rachunek wlasny | numer rachunku wlasnego | numer rachunku nadawcy wlasny | eget konto
      sajat szamlaszam | cislo uctu vlastni`],
  ['account', 1,
    `account | account number | account no | account num | account id | acct | acct no | account nr | acc no | bank account | iban | iban bban
      iban number`,
    `konto | kontonummer | kontonr | konto nr | konto iban | kontonummer iban | iban kontonummer | iban konto | compte
      numero de compte | n de compte | no de compte | num compte | numero compte | rekening | rekeningnummer | iban rekening
      rekeningnr | conto | numero conto | numero di conto | conto corrente | rapporto | cuenta | numero de cuenta | n cuenta
      numero cuenta | ccc | rachunek | numer rachunku | numer konta | nr rachunku | nr konta | szamlaszam | cislo uctu | conta
      numero da conta | conto o carta | tilinumero | clearingnummer konto | iban konto nr | iban kontonr | konto nr iban | nummer konto | numero de la cuenta`],
  ['account_bank', 0,
    `own bic | account bic | bic of account | bank code own`,
    `bic auftragskonto | blz auftragskonto | bankleitzahl auftragskonto`],
  ['counterparty_account', 0,
    `counterparty account | counterparty account number | counterparty iban | counter account | contra account | other account
      partner account | partner iban | partner account number | opposing account | third party account | other party account
      counterparty account iban | account counterparty | iban counterparty | related account | correspondent account`,
    `gegenkonto | gegenkonto iban | iban gegenkonto | gegenkontonummer | iban zahlungsbeteiligter | kontonummer zahlungsbeteiligter
      kontonummer gegenpartei | iban gegenpartei | konto zahlungsbeteiligter | partnerkonto | partner konto | konto partner
      kontonummer bic partner | iban des partners | tegenrekening | tegenrekeningnummer | tegenrekening iban bban
      tegenrekening iban | rekeningnummer tegenpartij | rekening tegenpartij | iban tegenpartij | compte contrepartie
      compte de la contrepartie | compte de contrepartie | iban contrepartie | conto controparte | iban controparte
      cuenta contraparte | cuenta contrapartida | iban contraparte | cuenta del tercero | rachunek kontrahenta
      numer rachunku kontrahenta | nr rachunku kontrahenta | rachunek nadawcy odbiorcy | numer konta kontrahenta | motkonto
      modkonto | motpartskonto | partner iban szama | partner szamlaszama | ellenoldali szamlaszam | cislo protiuctu | protiucet
      conta contraparte | iban auftraggeber empfanger | iban empfanger auftraggeber | λογαριασμος αντισυμβαλλομενου`],
  ['payer_account', 0,
    `payer account | sender account | debtor account | debtor iban | payer iban | sender iban | from account | remitter account
      originator account | ordering party account`,
    `iban zahlungspflichtiger | konto auftraggeber zahler | iban auftraggeber | konto des auftraggebers | iban zahler
      compte debiteur | compte donneur d ordre | iban donneur d ordre | rekening betaler | conto debitore | iban ordinante
      cuenta ordenante | iban ordenante | rachunek nadawcy | numer rachunku nadawcy | konto nadawcy | avsandarkonto
      avsandare konto`],
  ['payee_account', 0,
    `payee account | payee account number | recipient account | beneficiary account | creditor account | creditor iban | payee iban | beneficiary iban
      recipient iban | to account | receiver account`,
    `iban zahlungsempfanger | iban empfanger | konto empfanger | empfangerkonto | konto des empfangers | compte beneficiaire
      iban beneficiaire | rekening begunstigde | iban begunstigde | conto beneficiario | iban beneficiario | cuenta beneficiario
      rachunek odbiorcy | numer rachunku odbiorcy | konto odbiorcy | mottagarkonto | mottagare konto | saajan tilinumero`],
  ['counterparty_bank', 0,
    `counterparty bic | counterparty bank | partner bic | sort code counterparty | counterparty bank bic`,
    `bic zahlungsbeteiligter | bic swift code zahlungsbeteiligter | bic gegenkonto
      bic auftraggeber empfanger | bic tegenpartij | bic contrepartie | bic controparte | bic contraparte | bic kontrahenta
      partner bankkodja | bic partner | bank kontrahenta | bank zahlungsbeteiligter | saajan pankin bic`],
  ['counterparty_bank', 1,
    `bic | bic code | swift | swift code | bic swift | swift bic | bank code`,
    `bic swift code | blz | bankleitzahl | kod banku | kod banky | bic blz | blz bic`],
  ['counterparty_name', 0,
    `counterparty | counterparty name | name of counterparty | partner name | partner | payee payer | payer payee | other party
      name counterparty | contact | opposing name | merchant | merchant name | related party | third party | payee or payer
      payer or payee | sender recipient | sender or recipient | beneficiary remitter | counter party`,
    `name zahlungsbeteiligter | zahlungsbeteiligter | beguenstigter zahlungspflichtiger | begunstigter zahlungspflichtiger
      auftraggeber beguenstigter | auftraggeber begunstigter | begunstigter auftraggeber | auftraggeber empfanger | auftraggeber zahlungsempfanger
      empfanger zahlungspflichtiger | zahlungsempfanger zahlungspflichtiger | zahlungsempfanger auftraggeber
      empfanger auftraggeber | zahlungspflichtiger empfanger | zahlungspflichtiger begunstigter | sender empfanger | gegenpartei
      name gegenpartei | geschaftspartner | auftraggeber beguenstigter name | partnername | name des partners | handler | handelaar
      naam tegenpartij | naam tegenpartij bevat | tegenrekeninghouder | tegenpartij | naam omschrijving | naam van de tegenpartij | naam begunstigde opdrachtgever | contrepartie
      nom de la contrepartie | nom contrepartie | tiers | nom du tiers | commercant | controparte | ordinante beneficiario
      beneficiario ordinante | nome controparte | contraparte | nombre contraparte | ordenante beneficiario | beneficiario ordenante
      tercero | kontrahent | dane kontrahenta | nazwa kontrahenta | nadawca odbiorca | odbiorca nadawca | motpart
      mottagare avsandare | avsandare mottagare | modpart | partner neve | nazev protiuctu | nazev protistrany | protistrana
      esercente | comercio | αντισυμβαλλομενος`],
  ['payer_name', 0,
    `payer | payer name | sender | sender name | from | debtor | debtor name | remitter | remitter name | originator
      ordering party | ordering customer | received from`,
    `auftraggeber | zahlungspflichtiger | zahlungspflichtige r | zahler | auftraggeber name | name auftraggeber
      name zahlungspflichtiger | absender | donneur d ordre | emetteur | debiteur | payeur | nom du donneur d ordre | opdrachtgever
      betaler | naam betaler | ordinante | debitore | nome ordinante | ordenante | remitente | nadawca | nazwa nadawcy | platnik
      avsandare | betalare | afsender | kuldo neve`],
  ['payee_name', 0,
    `payee | payee name | recipient | recipient name | beneficiary | beneficiary name | creditor | creditor name | to | receiver
      paid to`,
    `empfanger | zahlungsempfanger | zahlungsempfanger in | begunstigter | beguenstigter | empfanger name | name empfanger
      name zahlungsempfanger | beneficiaire | nom du beneficiaire | destinataire | begunstigde | naam begunstigde | ontvanger
      beneficiario | creditore | nome beneficiario | destinatario | odbiorca | nazwa odbiorcy | mottagare | modtager | mottaker
      saaja | saaja maksaja | kedvezmenyezett | empfanger 1 | empfaenger 1`],
  ['counterparty_name', 1,
    `name | account holder | account name`,
    `naam | nom | nome | nombre | nazwa | namn | navn | nimi | nazev uctu`],
  ['ultimate_name', 0,
    `ultimate debtor | ultimate creditor | ultimate party | ultimate counterparty | on behalf of`,
    `naam uiteindelijke partij | abweichender auftraggeber | abweichender empfanger | endbegunstigter | ultimativer auftraggeber
      debiteur final | tiers ultime`],
  ['description', 0,
    `description | details | narrative | particulars | memo | remittance | remittance information | remittance info
      payment details | transaction details | transaction description | narration | purpose | payment reference | reference text
      text | message | payment description | statement text | notes | note | remarks | payment purpose | additional information
      unstructured remittance | transaction narrative | bank description | bank desc | desc | details of payment | description 1
      description 2 | description 3 | narrative 1 | narrative 2 | narrative 3 | narrative 4 | narrative 5 | comment | comments
      payment information | label | item title | subject`,
    `verwendungszweck | verwendungszweck 1 | verwendungszweck 2 | verwendungszweck 3 | verwendungszweck 4 | vwz | vwz1 | vwz2
      vwz3 | zahlungsgrund | buchungsdetails | umsatztext | beschreibung | beschreibung 1 | beschreibung 2 | beschreibung1
      beschreibung2 | beschreibung3 | mitteilung | transaktionsbeschreibung | transaktionsbeschreibung zusatz
      vorgang verwendungszweck | bemerkung | betreff | avisierungstext | libelle | libelle simplifie | libelle operation
      libelle de l operation | libelle complementaire | libelle court | libelle long | communication | communications
      details de l operation | detail | motif | informations complementaires | information complementaire | nature de l operation
      omschrijving | omschrijving 1 | omschrijving 2 | omschrijving 3 | mededeling | mededelingen | vrije mededeling | toelichting | transactie | historico | movimiento
      descrizione | descrizione operazione | descrizione estesa | causale descrizione | dettagli | descrizione completa | note
      concepto | concepto ampliado | descripcion | detalle | detalles | observaciones | mas datos | opis | opis operacji
      opis transakcji | tytul | tytulem | tytul operacji | tytul przelewu | szczegoly | szczegoly transakcji | beskrivning
      meddelande | text meddelande | specifikation | tekst | beskrivelse | melding | forklaring | viesti | selite | kozlemeny
      megjegyzes | reszletek | konyvelesi informaciok | zahlungszweck | libelle complet operation | libelle complet | bericht | detail van de omzet | descrizione operazioni | zprava | zprava pro prijemce | poznamka | popis | descricao | αιτιολογια | περιγραφη`],
  ['end_to_end_id', 0,
    `end to end id | end to end | end to end reference | e2e id | e2e reference | endtoendid | end to end identification | eref
      customer reference end to end`,
    `kundenreferenz end to end | end to end referenz | ende zu ende referenz | ende zu ende id | end to end ref
      reference de bout en bout | reference end to end | end to end kenmerk | end to end referentie | riferimento end to end
      referencia end to end | identyfikator end to end`],
  ['mandate_id', 0,
    `mandate | mandate id | mandate reference | mandate identification | direct debit mandate | mref | umr`,
    `mandatsreferenz | mandatsreferenznummer | mandat | mandatsref | reference mandat | reference du mandat | rum
      machtigingskenmerk | mandaat | mandaatreferentie | mandaat referentie | riferimento mandato | id mandato | referencia mandato
      referencia del mandato | identyfikator mandatu`],
  ['structured_reference', 0,
    `structured reference | structured communication | creditor reference | structured remittance | ocr | kid | rf reference
      payment reference number | reference number creditor | isr reference | qr reference`,
    `zahlungsreferenz | strukturierte referenz | qr referenz | esr referenz | esr referenznummer | qrr | communication structuree
      reference structuree | gestructureerde mededeling | betalingskenmerk | gestructureerde referentie | viite | viitenumero
      viitenro | ocr nummer | ocr nr | kid nummer | causale strutturata | riferimento creditore | referencia acreedor`],
  ['customer_reference', 0,
    `reference | ref | customer reference | client reference | customer ref | payer reference | your reference | reference number
      ref no | reference no | cheque number | check number | cheque no | chq ref no | chq ref number | check no | check
      document number`,
    `kundenreferenz | referenz | referenznummer | auftraggeberreferenz | sammlerreferenz | reference client
      reference donneur d ordre | ref client | kenmerk | referentie | klantreferentie | referentie opdrachtgever | riferimento
      riferimento cliente | referencia | referencia 1 | referencia cliente | numero de documento | docto | referencja | referencje
      referens | referanse | vs | variabilni symbol | variabilny symbol | numer referencyjny`],
  ['bank_reference', 0,
    `bank reference | transaction id | transaction reference | transaction number | transaction no | bank ref | id | txn id
      transaction ref | reference id | entry reference | servicer reference | bank transaction id | unique id | fitid | fit id
      trace number | transaction reference number | trn | utr | tran id | journal number`,
    `buchungsreferenz | bankreferenz | buchungsnummer | transaktionsnummer | transaktions id | umsatz id | vorgangsnummer
      transaktionsnr | transaktions nr | transaktionscode | identificador | reference banque | reference de l operation | reference operation | numero d operation | n operation
      numero operation | id transaction | volgnr | volgnummer | transactiereferentie | bankreferentie | transactienummer
      transactie id | riferimento banca | id operazione | numero operazione | identificativo | referencia banco | numero operacion
      n operacion | numero de operacion | num operacion | id transaccion | referencja banku | numer transakcji | id transakcji
      nr transakcji | identyfikator transakcji | verifikationsnummer | arkivreferanse | arkistointitunnus | arkivkod
      tranzakcioazonosito | megbizas azonosito | id transakce | transaktionsid | omzetnummer | zkb referenz`],
  ['transaction_code', 0,
    `transaction type | booking type | transaction code | type | type of transaction | bank transaction code
      transaction category code | bai code | type code | posting type | booking text | txn type | payment type`,
    `buchungstext | umsatzart | umsatztyp | transaktionstyp | buchungsart | geschaftsvorfall | geschaftsvorfallcode | gvc
      buchungsschlussel | textschlussel | vorgang | art | typ | auftragsart | transaktionsart | type operation | type d operation
      type de transaction | nature operation | categorie operation bancaire | code operation | code | mutatiesoort | mutatiecode
      soort | transactietype | soort transactie | codice causale | operazione | causale | causale abi | tipo | tipo operazione
      tipo de operacion | tipo movimiento | tipo de movimiento | tipo de transaccion | codigo | typ operacji | typ transakcji
      rodzaj operacji | rodzaj transakcji | rodzaj | transaktionstext | transaktionstyp | typ av transaktion | type transaksjon
      laji | tapahtumalaji | tranzakcio tipusa | typ transakce | typ operace | tipo de transacao | type verrichting | soort verrichting`],
  ['status', 0,
    `status | state | booking status | transaction status | payment status | entry status`,
    `buchungsstatus | umsatzstatus | info | contabilizzazione | statut | etat | stato | estado | stan | stan transakcji | allapot | stav`],
  ['pending', 0,
    `pending | is pending`,
    `vorgemerkt | en attente | pendiente | in sospeso`],
  ['instructed_amount', 0,
    `original amount | foreign amount | amount in foreign currency | amount foreign currency | foreign currency amount
      instructed amount | local amount | amount original | source amount | transaction amount original | total amount original
      original transaction amount | orig amount`,
    `originalbetrag | ursprungsbetrag | betrag fremdwahrung | fremdwahrungsbetrag | betrag in fremdwahrung | betrag in wahrung
      lastschrift ursprungsbetrag | betrag original | betrag auftragswahrung | montant d origine | montant origine
      montant en devise | montant devise | oorspr bedrag | oorspronkelijk bedrag | bedrag vreemde valuta | importo originale
      importo in valuta | importo divisa | importe original | importe divisa | importe en divisa | kwota oryginalna
      kwota w walucie transakcji | kwota w walucie obcej | ursprungligt belopp | utlandskt belopp | belopp i utlandsk valuta
      puvodni castka | ursprunglicher betrag`],
  ['instructed_currency', 0,
    `original currency | foreign currency | type foreign currency | instructed currency | currency original | source currency
      local currency | currency of original amount | foreign currency code | orig currency`,
    `originalwahrung | fremdwahrung | auftragswahrung | wahrung original | ursprungswahrung | devise d origine | devise origine
      oorspr munt | oorspronkelijke valuta | vreemde valuta | divisa originale | valuta originale | divisa original
      moneda original | waluta oryginalna | waluta transakcji | ursprunglig valuta | puvodni mena`],
  ['exchange_rate', 0,
    `exchange rate | fx rate | rate | currency rate | conversion rate`,
    `wechselkurs | umrechnungskurs | kurs | devisenkurs | taux de change | cours | taux | koers | wisselkoers | cambio
      tasso di cambio | tipo de cambio | kurs waluty | kurs wymiany | valutakurs | vaxlingskurs | kurz | arfolyam`],
  ['fee', 0,
    `fee | fees | total fees | charges | charge | bank charges | transaction fee | commission | bank fee`,
    `gebuhr | gebuhren | entgelt | spesen | provision | frais | commission | kosten | kosten op verrichting | commissione
      commissioni | spese | comision | comisiones | gastos operacion | prowizja | oplata | avgift | poplatek | dij | gebyr`],
  ['return_reason', 0,
    `return reason | reason for return | reject reason | return reason code`,
    `ruckgabegrund | rueckgabegrund | reden retour | motif de rejet | motif de retour | causale storno | motivo devolucion
      motivo de devolucion`],
  ['foreign', 0,
    `invoice number | invoice no | invoice | invoice id | invoice date | issue date | due date | discount date | order number
      order id | order date | delivery date | sku | quantity | qty | unit price | tax rate | vat rate | customer id | party id
      vendor id | supplier id | employee | employee id | date of birth | birth date | hire date | email | e mail | phone | as of
      external id | ledger account | gl account | journal entry | open amount | credit limit | ship date`,
    `rechnungsnummer | rechnungsdatum | rechnungs nr | rechnung nr | falligkeit | falligkeitsdatum | faellig am | fallig am
      bestellnummer | auftragsnummer | menge | einzelpreis | steuersatz | kundennummer | lieferantennummer | sachkonto
      gegenkonto nr | belegnummer 1 | geburtsdatum | numero de facture | n facture | date de facture | date d echeance | echeance
      quantite | prix unitaire | factuurnummer | factuurdatum | vervaldatum | aantal | numero fattura | data fattura | scadenza
      quantita | numero de factura | fecha de factura | fecha vencimiento | numer faktury | data faktury | termin platnosci
      fakturanummer | fakturadatum | forfallodatum`],
];

const MEANINGS = new Map<string, TitleMeaning[]>();
for (const [role, rank, english, other] of TITLES) {
  for (const [titles, isEnglish] of [[english, true], [other, false]] as const) {
    for (const title of titles.split(/[|\n]/).map((t) => t.trim())) MEANINGS.set(title, [...(MEANINGS.get(title) ?? []), { role, rank, english: isEnglish }]);
  }
}
for (const meanings of MEANINGS.values()) if (meanings.some((m) => m.english)) for (const m of meanings) m.english = true;

/** Letters that Unicode does not decompose. */
const LETTERS: Record<string, string> = { ß: 'ss', ł: 'l', ø: 'o', æ: 'ae', œ: 'oe', đ: 'd', ı: 'i' };
const SYMBOLS: Record<string, string> = { '€': 'EUR', euro: 'EUR', euros: 'EUR', Euro: 'EUR', EURO: 'EUR', EUROS: 'EUR', '£': 'GBP', 'R$': 'BRL', 'zł': 'PLN', 'Kč': 'CZK', Ft: 'HUF' };

/** Lower case words without accents and punctuation, `bookingDate` and `booking_date` as `booking date`. */
export function foldWords(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/(\p{Ll})(\p{Lu})/gu, (pair, a: string, b: string, at: number) => (/\s/.test(text) || at === 0 ? pair : `${a} ${b}`))
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(/[ßłøæœđı]/g, (letter) => LETTERS[letter]!)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The currency that a text names in one of its words: a code, or a sign that only one currency has. */
export function currencyIn(text: string): string | null {
  for (const word of text.split(/[^\p{L}\p{N}\p{Sc}]+/u)) {
    if (/^[A-Z]{3}$/.test(word) && isCurrency(word)) return word;
    if (SYMBOLS[word] !== undefined) return SYMBOLS[word];
  }
  return null;
}

/** Titles are short; text of a row is not searched. */
const LONGEST_TITLE = 80;
const IN_CURRENCY = /^(.*?)[\s_]*(?:\(([^)]*)\)|\[([^\]]*)\]|\b(?:in|IN|en|EN|i|w)[\s_]+([A-Z]{3}|\p{Sc}|[Ee]uros?|EUROS?)|[\s_]([A-Z]{3}|\p{Sc}|[Ee]uros?|EUROS?))\s*$/u;

/** What a column title means, best first (empty where it is unknown), and the currency that it names: `Betrag (EUR)`, `Amount in GBP`. */
export function readTitle(title: string): { meanings: readonly TitleMeaning[]; currency: string | null } {
  if (title.length > LONGEST_TITLE) return { meanings: [], currency: null };
  const m = IN_CURRENCY.exec(title.trim());
  const currency = m === null ? null : currencyIn(m[2] ?? m[3] ?? m[4] ?? m[5] ?? '');
  const known = currency === null ? undefined : meaningsOf(m![1]!);
  return known === undefined ? { meanings: meaningsOf(title.replace(TIME_ZONE, '')) ?? [], currency: null } : { meanings: known, currency };
}

const TIME_ZONE = /\((?:UTC|GMT|CES?T|local(?: time)?)\)\s*$/i;

/** By its words as they stand, else with umlauts written as digraphs: `Empfaenger`. */
function meaningsOf(title: string): TitleMeaning[] | undefined {
  const words = foldWords(title);
  return MEANINGS.get(words) ?? MEANINGS.get(words.replace(/([aou])e/g, '$1'));
}
