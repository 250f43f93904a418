/** The words that drawn statements use. Each list holds alternatives; a document takes one of each. */
export interface Language {
  months: string[];
  short_months: string[];
  titles: Record<'date' | 'value' | 'text' | 'amount' | 'debit' | 'credit' | 'balance' | 'indicator' | 'reference', string[]>;
  opening: string[];
  closing: string[];
  period: [before: string, between: string][];
  account: string[];
  currency: string[];
  carried: [down: string, up: string][];
  subtotal: string[];
  total_debits: string[];
  total_credits: string[];
  count: string[];
  totals: string[];
  deposits: string[];
  withdrawals: string[];
  fees: string[];
  page: (page: number, of: number) => string;
  legal: string[];
  words: string[];
  debit_mark: string;
  credit_mark: string;
}

const EN: Language = {
  months: 'January February March April May June July August September October November December'.split(' '),
  short_months: 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' '),
  titles: {
    date: ['Date', 'Booking date', 'Posting date'], value: ['Value date', 'Value'], text: ['Description', 'Details', 'Transaction details', 'Particulars'],
    amount: ['Amount'], debit: ['Debit', 'Withdrawals', 'Money out', 'Paid out', 'Payments'], credit: ['Credit', 'Deposits', 'Money in', 'Paid in', 'Receipts'],
    balance: ['Balance', 'Running balance'], indicator: ['D/C', 'Dr/Cr'], reference: ['Reference', 'Ref.'],
  },
  opening: ['Opening balance', 'Previous balance', 'Balance brought forward', 'Beginning balance'],
  closing: ['Closing balance', 'New balance', 'Ending balance'],
  period: [['Statement period', '-'], ['Period:', 'to'], ['From', 'to']],
  account: ['Account number:', 'Account no.', 'IBAN:'],
  currency: ['Currency:', 'Account currency'],
  carried: [['Carried forward', 'Brought forward'], ['Balance carried forward', 'Balance brought forward']],
  subtotal: ['Subtotal', 'Page total'],
  total_debits: ['Total debits', 'Total withdrawals', 'Total paid out'], total_credits: ['Total credits', 'Total deposits', 'Total paid in'],
  count: ['Number of transactions', 'Transactions:'], totals: ['Total', 'Totals'],
  deposits: ['Deposits and other credits', 'Deposits'], withdrawals: ['Withdrawals and other debits', 'Electronic withdrawals', 'Checks paid'], fees: ['Service fees', 'Fees'],
  page: (page, of) => `Page ${page} of ${of}`,
  legal: ['Registered in England and Wales. Regulated by the Authority.', 'Please check this statement and report any errors within 60 days.'],
  words: 'payment invoice transfer standing order card purchase rent salary insurance office supplies direct debit refund customer delivery service contract'.split(' '),
  debit_mark: 'D', credit_mark: 'C',
};

const DE: Language = {
  months: 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' '),
  short_months: 'Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.'.split(' '),
  titles: {
    date: ['Buchung', 'Buchungstag', 'Bu.Tag', 'Datum'], value: ['Valuta', 'Wert', 'Wertstellung'], text: ['Verwendungszweck', 'Buchungstext', 'Vorgang', 'Erläuterung'],
    amount: ['Betrag', 'Betrag in EUR', 'Umsatz EUR'], debit: ['Soll', 'Belastung', 'Lastschrift', 'Ausgang'], credit: ['Haben', 'Gutschrift', 'Eingang'],
    balance: ['Saldo', 'Kontostand'], indicator: ['S/H', 'Soll/Haben'], reference: ['Beleg', 'Referenz'],
  },
  opening: ['Alter Saldo', 'Alter Kontostand', 'Anfangssaldo', 'Saldovortrag'],
  closing: ['Neuer Saldo', 'Neuer Kontostand', 'Endsaldo', 'Schlusssaldo'],
  period: [['Kontoauszug vom', 'bis'], ['Zeitraum', '-'], ['Abrechnungszeitraum vom', 'bis zum']],
  account: ['Kontonummer', 'IBAN', 'Konto-Nr.'],
  currency: ['Währung', 'Kontowährung:'],
  carried: [['Übertrag', 'Übertrag'], ['Übertrag auf Seite', 'Übertrag von Seite']],
  subtotal: ['Zwischensumme', 'Zwischensaldo'],
  total_debits: ['Summe Soll', 'Summe Belastungen'], total_credits: ['Summe Haben', 'Summe Gutschriften'],
  count: ['Anzahl Buchungen', 'Anzahl der Umsätze'], totals: ['Summe', 'Umsatzsumme'],
  deposits: ['Gutschriften', 'Zahlungseingänge'], withdrawals: ['Belastungen', 'Zahlungsausgänge'], fees: ['Entgelte', 'Gebühren'],
  page: (page, of) => `Seite ${page} von ${of}`,
  legal: ['Bitte beachten Sie die Hinweise auf der Rückseite.', 'Einwendungen sind innerhalb von sechs Wochen zu erheben. Guthaben sind nach Maßgabe des Gesetzes geschützt.'],
  words: 'Überweisung Rechnung Lastschrift Dauerauftrag Kartenzahlung Miete Gehalt Versicherung Büromaterial Gutschrift Kunde Lieferung Vertrag Nr. vom'.split(' '),
  debit_mark: 'S', credit_mark: 'H',
};

const FR: Language = {
  months: 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'.split(' '),
  short_months: 'janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.'.split(' '),
  titles: {
    date: ['Date', "Date d'opération", 'Date opération'], value: ['Valeur', 'Date de valeur', 'Date valeur'], text: ['Libellé', 'Nature des opérations', "Libellé de l'opération", 'Détail des opérations'],
    amount: ['Montant', 'Montant EUR'], debit: ['Débit', 'Sorties', 'Débit EUR'], credit: ['Crédit', 'Entrées', 'Crédit EUR'], balance: ['Solde'], indicator: ['D/C'], reference: ['Référence', 'Réf.'],
  },
  opening: ['Solde précédent', 'Ancien solde', 'Solde initial'], closing: ['Nouveau solde', 'Solde final', 'Solde de clôture'],
  period: [['Relevé du', 'au'], ['Période du', 'au']], account: ['IBAN :', 'Compte n°', 'Numéro de compte'], currency: ['Devise :', 'Devise du compte'],
  carried: [['À reporter', 'Report'], ['Solde à reporter', 'Solde reporté']], subtotal: ['Sous-total', 'Total page'], total_debits: ['Total des débits', 'Total débit'], total_credits: ['Total des crédits', 'Total crédit'],
  count: ["Nombre d'opérations", 'Nombre de mouvements'], totals: ['Totaux', 'Total des mouvements'], deposits: ['Crédits', 'Opérations au crédit'], withdrawals: ['Débits', 'Opérations au débit'], fees: ['Frais', 'Frais et commissions'],
  page: (page, of) => `Page ${page} / ${of}`, legal: ['Société anonyme au capital de 100 000 000 euros.', 'Les réclamations sont à adresser sous un délai de deux mois.'],
  words: 'virement facture prélèvement carte loyer salaire assurance achat remboursement client livraison contrat échéance'.split(' '), debit_mark: 'D', credit_mark: 'C',
};

const NL: Language = {
  months: 'januari februari maart april mei juni juli augustus september oktober november december'.split(' '),
  short_months: 'jan feb mrt apr mei jun jul aug sep okt nov dec'.split(' '),
  titles: {
    date: ['Datum', 'Boekdatum', 'Boekingsdatum'], value: ['Rentedatum', 'Valuta', 'Valutadatum'], text: ['Omschrijving', 'Mededelingen'], amount: ['Bedrag', 'Bedrag EUR'],
    debit: ['Af', 'Afschrijving', 'Uit', 'Debet'], credit: ['Bij', 'Bijschrijving', 'In', 'Credit'], balance: ['Saldo', 'Saldo na boeking'], indicator: ['Af/Bij', 'Bij/Af'], reference: ['Kenmerk', 'Referentie'],
  },
  opening: ['Beginsaldo', 'Vorig saldo', 'Oud saldo'], closing: ['Eindsaldo', 'Nieuw saldo', 'Slotsaldo'],
  period: [['Periode', 't/m'], ['Van', 'tot en met']], account: ['IBAN', 'Rekeningnummer', 'Rekening'], currency: ['Valuta:', 'Munt'],
  carried: [['Transport', 'Transport'], ['Over te brengen', 'Overgebracht']], subtotal: ['Subtotaal'], total_debits: ['Totaal af', 'Totaal debet'], total_credits: ['Totaal bij', 'Totaal credit'],
  count: ['Aantal transacties', 'Aantal boekingen'], totals: ['Totaal', 'Totalen'], deposits: ['Bijschrijvingen'], withdrawals: ['Afschrijvingen'], fees: ['Kosten'],
  page: (page, of) => `Pagina ${page} van ${of}`, legal: ['Uw tegoed valt onder het depositogarantiestelsel.', 'Controleer dit afschrift binnen dertien maanden.'],
  words: 'overboeking factuur incasso betaalpas huur salaris verzekering aankoop terugbetaling klant levering contract termijn'.split(' '), debit_mark: 'Af', credit_mark: 'Bij',
};

const IT: Language = {
  months: 'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre'.split(' '), short_months: 'gen feb mar apr mag giu lug ago set ott nov dic'.split(' '),
  titles: {
    date: ['Data', 'Data contabile', 'Data operazione'], value: ['Valuta', 'Data valuta'], text: ['Descrizione', 'Descrizione delle operazioni', 'Causale'], amount: ['Importo', 'Importo EUR'],
    debit: ['Dare', 'Addebiti', 'Uscite'], credit: ['Avere', 'Accrediti', 'Entrate'], balance: ['Saldo', 'Saldo contabile'], indicator: ['D/A'], reference: ['Riferimento', 'Rif.'],
  },
  opening: ['Saldo iniziale', 'Saldo precedente'], closing: ['Saldo finale', 'Nuovo saldo'], period: [['Periodo dal', 'al'], ['Estratto conto dal', 'al']], account: ['IBAN', 'Conto corrente n.', 'Numero conto'],
  currency: ['Divisa:', 'Valuta conto'], carried: [['A riportare', 'Riporto']], subtotal: ['Subtotale'], total_debits: ['Totale addebiti', 'Totale uscite'], total_credits: ['Totale accrediti', 'Totale entrate'],
  count: ['Numero movimenti', 'Numero operazioni'], totals: ['Totale movimenti', 'Totali'], deposits: ['Entrate', 'Accrediti'], withdrawals: ['Uscite', 'Addebiti'], fees: ['Spese', 'Commissioni'],
  page: (page, of) => `Pagina ${page} di ${of}`, legal: ['Capitale sociale interamente versato. Aderente al fondo interbancario.', 'Eventuali reclami entro sessanta giorni.'],
  words: 'bonifico fattura addebito carta affitto stipendio assicurazione acquisto rimborso cliente consegna contratto rata'.split(' '), debit_mark: 'D', credit_mark: 'A',
};

const ES: Language = {
  months: 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'.split(' '), short_months: 'ene feb mar abr may jun jul ago sep oct nov dic'.split(' '),
  titles: {
    date: ['Fecha', 'Fecha operación', 'F. Operación'], value: ['Fecha valor', 'F. Valor', 'Valor'], text: ['Concepto', 'Descripción', 'Movimiento'], amount: ['Importe', 'Importe EUR'],
    debit: ['Cargos', 'Debe', 'Adeudos'], credit: ['Abonos', 'Haber', 'Ingresos'], balance: ['Saldo', 'Saldo contable'], indicator: ['D/H'], reference: ['Referencia', 'Ref.'],
  },
  opening: ['Saldo anterior', 'Saldo inicial'], closing: ['Saldo final', 'Nuevo saldo', 'Saldo actual'], period: [['Periodo del', 'al'], ['Desde', 'hasta']], account: ['IBAN', 'Número de cuenta', 'Cuenta'],
  currency: ['Divisa:', 'Moneda'], carried: [['Suma y sigue', 'Suma anterior']], subtotal: ['Subtotal'], total_debits: ['Total cargos', 'Total adeudos'], total_credits: ['Total abonos', 'Total ingresos'],
  count: ['Número de movimientos', 'Número de operaciones'], totals: ['Totales', 'Total movimientos'], deposits: ['Ingresos', 'Abonos'], withdrawals: ['Cargos', 'Adeudos'], fees: ['Comisiones', 'Gastos'],
  page: (page, of) => `Página ${page} de ${of}`, legal: ['Inscrito en el Registro Mercantil.', 'Dispone de quince días para formular reparos.'],
  words: 'transferencia factura recibo tarjeta alquiler nómina seguro compra devolución cliente entrega contrato cuota'.split(' '), debit_mark: 'D', credit_mark: 'H',
};

const PL: Language = {
  months: 'stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia'.split(' '), short_months: 'sty lut mar kwi maj cze lip sie wrz paź lis gru'.split(' '),
  titles: {
    date: ['Data', 'Data księgowania', 'Data operacji'], value: ['Data waluty'], text: ['Opis operacji', 'Tytuł operacji', 'Szczegóły'], amount: ['Kwota', 'Kwota operacji'],
    debit: ['Obciążenia', 'Wypłaty', 'Wn'], credit: ['Uznania', 'Wpłaty', 'Ma'], balance: ['Saldo', 'Saldo po operacji'], indicator: ['Wn/Ma'], reference: ['Referencja', 'Nr ref.'],
  },
  opening: ['Saldo początkowe', 'Saldo poprzednie'], closing: ['Saldo końcowe', 'Nowe saldo'], period: [['Za okres od', 'do'], ['Okres', '-']], account: ['Nr rachunku', 'Numer rachunku', 'IBAN'],
  currency: ['Waluta:', 'Waluta rachunku'], carried: [['Do przeniesienia', 'Z przeniesienia']], subtotal: ['Suma częściowa'], total_debits: ['Suma obciążeń', 'Suma wypłat'], total_credits: ['Suma uznań', 'Suma wpłat'],
  count: ['Liczba operacji', 'Liczba transakcji'], totals: ['Razem', 'Suma'], deposits: ['Uznania', 'Wpływy'], withdrawals: ['Obciążenia', 'Wypłaty'], fees: ['Opłaty', 'Prowizje'],
  page: (page, of) => `Strona ${page} z ${of}`, legal: ['Bank wpisany do rejestru przedsiębiorców.', 'Reklamacje należy zgłaszać w ciągu czternastu dni.'],
  words: 'przelew faktura płatność kartą czynsz wynagrodzenie ubezpieczenie zakup zwrot klient dostawa umowa rata'.split(' '), debit_mark: 'Wn', credit_mark: 'Ma',
};

const SV: Language = {
  months: 'januari februari mars april maj juni juli augusti september oktober november december'.split(' '), short_months: 'jan feb mar apr maj jun jul aug sep okt nov dec'.split(' '),
  titles: {
    date: ['Bokföringsdag', 'Datum', 'Bokförd'], value: ['Valutadag', 'Räntedag'], text: ['Beskrivning', 'Text', 'Specifikation'], amount: ['Belopp'], debit: ['Uttag', 'Debet'], credit: ['Insättning', 'Insättningar', 'Kredit'],
    balance: ['Saldo', 'Bokfört saldo'], indicator: ['D/K'], reference: ['Referens', 'Verifikation'],
  },
  opening: ['Ingående saldo', 'Ingående balans'], closing: ['Utgående saldo', 'Utgående balans'], period: [['Period', '-'], ['Från', 'till']], account: ['Kontonummer', 'IBAN', 'Konto'], currency: ['Valuta:', 'Valuta'],
  carried: [['Transporteras', 'Transport'], ['Att överföra', 'Överfört']], subtotal: ['Delsumma'], total_debits: ['Summa uttag'], total_credits: ['Summa insättningar'], count: ['Antal transaktioner', 'Antal händelser'], totals: ['Summa'],
  deposits: ['Insättningar'], withdrawals: ['Uttag'], fees: ['Avgifter'], page: (page, of) => `Sida ${page} av ${of}`, legal: ['Insättningsgarantin gäller för kontot.', 'Kontrollera utdraget och hör av dig inom en månad.'],
  words: 'överföring faktura autogiro kortköp hyra lön försäkring inköp återbetalning kund leverans avtal avgift'.split(' '), debit_mark: 'D', credit_mark: 'K',
};

export const LANGUAGES = { en: EN, de: DE, fr: FR, nl: NL, it: IT, es: ES, pl: PL, sv: SV };
export type LanguageCode = keyof typeof LANGUAGES;
