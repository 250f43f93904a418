import { addDays } from '../../../../src/core/date.ts';
import type { Truth, TruthEntry } from './draw.ts';
import { printDate, printNumber } from './draw.ts';
import type { Random, Special } from './sheet.ts';
import { Sheet, US, abs, closingOf, eu, sum, truthOf, us } from './sheet.ts';

/** Layouts as real banks print them, each with what is peculiar to it; names, numbers and texts are made up. */

type Cell = [text: string, x: number, align?: 'right' | 'middle'];

function row(sheet: Sheet, y: number, ...cells: Cell[]): void {
  for (const [text, x, align] of cells) {
    if (align === 'right') sheet.right(text, x, y);
    else if (align === 'middle') sheet.middle(text, x, y);
    else sheet.put(text, x, y);
  }
}

/** Words below the first line of a description: references, days, amounts, accounts that mean nothing for the entry. */
function more(random: Random, most: number): string[] {
  return Array.from({ length: random.whole(most + 1) }, () => random.pick([
    () => `Ref ${100_000 + random.whole(899_999)}`, () => `Invoice ${1_000 + random.whole(8_999)} of 17.02.2026`, () => 'DE12 5001 0517 0648 4898 90', () => `2 x ${eu(500 + random.whole(9_000))} each`,
    () => 'incl. VAT 19,00 %', () => 'Mandate M-2026/118', () => 'Thank you for your order',
  ])());
}

function describe(random: Random, truth: Truth, most: number): void {
  for (const entry of truth.entries) entry.text.push(...more(random, most));
}

const deposits = ({ entries }: Truth): TruthEntry[] => entries.filter(({ amount }) => amount > 0);
const withdrawals = ({ entries }: Truth): TruthEntry[] => entries.filter(({ amount }) => amount < 0);
const spaced = (units: number, mark = '.'): string => `${units < 0 ? '-' : ''}${printNumber(units, { group: ' ', mark }, 2)}`;
const behind = (units: number): string => `${eu(abs(units))}${units < 0 ? '-' : '+'}`;

export const BANKS: Readonly<Record<string, Special>> = {
  'boxes of labels in the heading, their values below or beside them': async (random) => {
    const truth = truthOf(random, 7);
    for (const entry of truth.entries) {
      entry.booking_date = '2026-03-16';
      entry.value_date = '2026-03-17';
      entry.text.unshift(`${12_030_000 + random.whole(999)}-00${1 + random.whole(8)}`);
    }
    const sheet = new Sheet();
    sheet.document.fontSize(8);
    sheet.put('Kontoauszug', 40, 40);
    row(sheet, 54, ['Max Muster', 40], ['Seite', 500]);
    row(sheet, 64, ['Musterstr. 2', 40], ['0001', 500]);
    row(sheet, 74, ['* = letzte Seite', 480]);
    row(sheet, 110, ['Bankleitzahl - Kontonummer', 40], ['Gesamtbelastungen', 300, 'right'], ['Vorheriger', 400]);
    row(sheet, 121, [`50324040 - ${truth.account}`, 40], [eu(abs(sum(withdrawals(truth)))), 300, 'right'], ['Saldo', 400], [eu(truth.opening), 540, 'right']);
    row(sheet, 140, ['Kontoart', 40], ['Gesamtgutschriften', 300, 'right'], ['Buchungsdatum', 330], ['Neuer Saldo', 400]);
    row(sheet, 151, ['Tagesgeldkonto (alle Beträge in EUR)', 40], [eu(sum(deposits(truth))), 300, 'right'], ['16.03.2026', 330], [eu(closingOf(truth)), 540, 'right']);
    row(sheet, 170, ['Der Saldo vom 03.01.2027', 40], ['Anzahl Belastungen', 300, 'right'], ['Anzahl Gutschriften', 400]);
    row(sheet, 181, ['5.745,84', 40], [String(withdrawals(truth).length).padStart(3, '0'), 300, 'right'], [String(deposits(truth).length).padStart(3, '0'), 400]);
    row(sheet, 210, ['Buchungs-', 40], ['Wert-', 95]);
    row(sheet, 220, ['datum', 40], ['stellung', 95], ['von/nach Konto', 150], ['Buchungstext', 240], ['Belastungen', 460, 'right'], ['Gutschriften', 550, 'right']);
    let y = 236;
    for (const { amount, text } of truth.entries) {
      row(sheet, y, ['16.03.2026', 40], ['17.03.2026', 95], [text[0]!, 150], [text[1]!, 240], [eu(abs(amount)), amount < 0 ? 460 : 550, 'right']);
      sheet.put('EINZAHLUNG 01', 240, (y += 10));
      text.push('EINZAHLUNG 01');
      y += 14;
    }
    sheet.put('Für weitere Fragen steht Ihnen unser Kundenservice unter 069 - 90 73 23 23 zur Verfügung.', 40, 780);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a German card: minus behind, days of receipt and posting, the old balance in a row of the table': async (random) => {
    const truth = truthOf(random, 15);
    truth.opening = -abs(truth.opening);
    for (const entry of truth.entries) entry.value_date = entry.booking_date;
    const sheet = new Sheet();
    sheet.document.fontSize(8);
    const owed = (units: number): string => (units < 0 ? `${eu(abs(units))}-` : eu(units));
    const limit = 4_000_000;
    const long = (iso: string): string => printDate(iso, 'd month y', 'de').replace(' ', '. ');
    sheet.put(`Kontoauszug vom ${long(truth.to)}`, 40, 60);
    row(sheet, 80, [`Abrechnungszeitraum: ${printDate(truth.from, 'd.m.y', 'de')} - ${printDate(truth.to, 'd.m.y', 'de')}`, 40], ['Alter Saldo:', 330], ['EUR', 430], [owed(truth.opening).replace('-', ' -'), 540, 'right']);
    row(sheet, 92, [`Kontonummer: ${truth.account}`, 40], ['Neuer Saldo:', 330], ['EUR', 430], [owed(closingOf(truth)).replace('-', ' -'), 540, 'right']);
    row(sheet, 104, ['Gläubiger-ID: DE04ZZZ00000001740', 40], ['Kreditrahmen:', 330], ['EUR', 430], [eu(limit), 540, 'right']);
    row(sheet, 116, ['Offener Verfügungsrahmen:', 330], ['EUR', 430], [eu(limit + closingOf(truth)), 540, 'right']);
    sheet.put('Konto-Saldo und Rückzahlung', 40, 140);
    row(sheet, 152, ['Bezeichnung', 40], ['Neuer Saldo (EUR)', 300, 'right'], ['Rückzahlungsoptionen', 330], ['Nächste Zahlung (EUR)', 540, 'right']);
    row(sheet, 164, ['Allgemeine Umsätze', 40], [owed(closingOf(truth)), 300, 'right'], ['100,0 %', 330], [eu(abs(closingOf(truth))), 540, 'right']);
    sheet.put('Umsatzübersicht', 40, 200);
    row(sheet, 214, ['Beleg-', 40], ['Buchungs-/', 95], ['Beschreibung', 155], ['Karte', 390], ['Betrag (EUR)', 540, 'right']);
    row(sheet, 224, ['datum', 40], ['Valutadatum', 95]);
    row(sheet, 240, [`Alter Saldo vom ${long(addDays(truth.from, -1))}`, 40], [owed(truth.opening), 540, 'right']);
    sheet.put('Hauptkarte/n, Max Muster', 40, 252);
    let y = 264;
    for (const { booking_date, amount, text } of truth.entries) {
      row(sheet, y, [printDate(addDays(booking_date, -1 - random.whole(2)), 'd.m.y', 'de'), 40], [printDate(booking_date, 'd.m.y', 'de'), 95], [text[0]!, 155], ['Visa', 390], [owed(amount), 540, 'right']);
      text.push('Visa');
      y += 12;
    }
    row(sheet, y + 4, [`Neuer Saldo am ${long(truth.to)}`, 40], [owed(closingOf(truth)), 540, 'right']);
    sheet.put(`Umsätze Visa Karten-Nr. 123456XXXXXX7890  EUR  ${eu(abs(sum(withdrawals(truth))))}`, 40, y + 40);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'text first, days in the middle, the balance of the day between stars': async (random) => {
    const truth = truthOf(random, 14);
    describe(random, truth, 3);
    const sheet = new Sheet();
    sheet.document.fontSize(8);
    const day = (iso: string): string => printDate(iso, 'd.m.', 'de');
    row(sheet, 40, ['Kontonummer', 40], [truth.account, 120]);
    row(sheet, 50, ['Kontotyp', 40], ['Verrechnungskonto', 120]);
    row(sheet, 80, ['Soll', 450, 'right'], ['Haben', 540, 'right']);
    sheet.put('Buchungssaldo alt', 300, 92);
    sheet.right(behind(truth.opening), 540, 102);
    sheet.put('Buchungssaldo neu', 300, 114);
    sheet.right(behind(closingOf(truth)), 540, 124);
    sheet.put(`Kontostand zum ${printDate(truth.to, 'd.m.yy', 'de')}`, 300, 136);
    sheet.right(behind(closingOf(truth)), 540, 146);
    row(sheet, 170, ['Kontoauszug 6', 40], [`Konto-Nr. ${truth.account}`, 200], ['Blatt 1 / 1', 480]);
    row(sheet, 180, [`Datum ${printDate(truth.to, 'd.m.yy', 'de')}`, 40], ['Bankleitzahl 760 300 80', 200], ['Kontowährung EUR', 400]);
    row(sheet, 200, ['Text/Verwendungszweck', 40], ['Datum', 290], ['PNNr', 330], ['Wert', 365], ['Soll', 450, 'right'], ['Haben', 540, 'right']);
    let y = 214;
    let balance = truth.opening;
    truth.entries.forEach((entry, i) => {
      const { booking_date, amount, text } = entry;
      balance += amount;
      entry.value_date = addDays(booking_date, random.whole(2));
      row(sheet, y, [text[0]!.toUpperCase(), 40], [day(booking_date), 290], ['8420', 330], [day(entry.value_date), 365], [behind(amount), amount < 0 ? 450 : 540, 'right']);
      for (const line of text.slice(1)) sheet.put(line, 48, (y += 10));
      text[0] = text[0]!.toUpperCase();
      y += 11;
      if (truth.entries[i + 1] !== undefined && truth.entries[i + 1]!.booking_date !== booking_date && random() < 0.5) {
        row(sheet, y, [`*** Kontostand zum ${day(booking_date)} ***`, 48], [behind(balance), 540, 'right']);
        y += 11;
      }
    });
    sheet.put('Einwendungen wegen Unrichtigkeit müssen unverzüglich erhoben werden, vgl. Nummer B. Ziffer I. 11 (4) und (5).', 40, 790);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Swiss: credits first, the day of value behind them, the balance once a day': async (random) => {
    const truth = truthOf(random, 26, 'CHF');
    describe(random, truth, 2);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd.m.yy', 'de');
    const heading = (page: number): number => {
      row(sheet, 40, ['Privatkonto', 40], [`Seite: ${page} / 2`, 480]);
      sheet.put(`Kontoauszug ${printDate(truth.from, 'd.m.y', 'de')} - ${printDate(truth.to, 'd.m.y', 'de')}`, 40, 52);
      row(sheet, 64, [`Kontonummer ${truth.account}`, 40], ['CHF', 300]);
      row(sheet, 100, ['Datum', 40], ['Text', 95], ['Gutschrift', 340, 'right'], ['Lastschrift', 415, 'right'], ['Valuta', 430], ['Saldo', 560, 'right']);
      return 114;
    };
    let y = heading(1);
    row(sheet, y, [day(addDays(truth.from, -1)), 40], ['Kontostand', 95], [spaced(truth.opening), 560, 'right']);
    let balance = truth.opening;
    let before = '';
    truth.entries.forEach((entry, i) => {
      const { booking_date, amount, text } = entry;
      balance += amount;
      if (y > 700) {
        sheet.put('00656 DE   000010.00', 40, 800);
        sheet.document.addPage();
        sheet.document.font('Helvetica').fontSize(9);
        y = heading(2);
        before = '';
      }
      y += 14;
      entry.value_date = addDays(booking_date, -random.whole(3));
      const last = truth.entries[i + 1]?.booking_date !== booking_date;
      row(sheet, y, [booking_date === before ? '' : day(booking_date), 40], [text[0]!, 95], [spaced(abs(amount)), amount > 0 ? 340 : 415, 'right'], [day(entry.value_date), 430], [last ? spaced(balance) : '', 560, 'right']);
      before = booking_date;
      for (const line of text.slice(1)) sheet.put(line, 95, (y += 11));
    });
    row(sheet, y + 16, [day(truth.to), 40], ['Kontostand', 95], [spaced(balance), 560, 'right']);
    sheet.put('Bitte überprüfen Sie den Kontoauszug. Ohne Ihren Gegenbericht innert 30 Tagen gilt er als genehmigt.', 40, y + 40);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'titles broken within their words, newest first': async (random) => {
    const truth = truthOf(random, 12);
    describe(random, truth, 2);
    for (const entry of truth.entries) entry.value_date = entry.booking_date;
    const closing = closingOf(truth);
    const sheet = new Sheet();
    sheet.put('Org.Nr: 916 573 154', 40, 40);
    sheet.put(`Kontonummer: ${truth.account}`, 40, 60);
    sheet.put('Währung: Euro (EUR)', 40, 72);
    row(sheet, 84, [`Anfangssaldo ${printDate(truth.from, 'd.m.y', 'de')}:`, 40], [eu(truth.opening), 300, 'right']);
    row(sheet, 96, [`Endsaldo ${printDate(truth.to, 'd.m.y', 'de')}:`, 40], [eu(closing), 300, 'right']);
    row(sheet, 120, ['Buchungsda', 40], ['Valutadatu', 100], ['Beschreibung', 165], ['Zahlungseinga', 420], ['Zahlungsausga', 490]);
    row(sheet, 131, ['tum', 40], ['m', 100], ['ng', 420], ['ng', 490]);
    truth.entries.reverse();
    let y = 132;
    for (const { booking_date, amount, text } of truth.entries) {
      y += 15;
      row(sheet, y, [printDate(booking_date, 'd.m.y', 'de'), 40], [printDate(booking_date, 'd.m.y', 'de'), 100], [text[0]!, 165], [eu(abs(amount)), amount > 0 ? 420 : 490]);
      for (const line of text.slice(1)) sheet.put(line, 165, (y += 11));
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'amount, fee and total of a payment service': async (random) => {
    const truth = truthOf(random, 13, 'USD');
    const sheet = new Sheet({ size: 'LETTER' });
    sheet.put(`Statement period ${printDate(truth.from, 'm/d/y', 'en')} - ${printDate(truth.to, 'm/d/y', 'en')}`, 40, 40);
    sheet.put(`Account ID ${truth.account}`, 40, 54);
    row(sheet, 70, ['Activity summary', 40], ['USD', 300, 'right']);
    row(sheet, 84, ['Beginning balance', 40], [us(truth.opening), 300, 'right']);
    row(sheet, 98, ['Ending balance', 40], [us(closingOf(truth)), 300, 'right']);
    row(sheet, 126, ['DATE', 40], ['DESCRIPTION', 100], ['CURRENCY', 330], ['AMOUNT', 440, 'right'], ['FEES', 500, 'right'], ['TOTAL', 570, 'right']);
    let y = 128;
    for (const { booking_date, amount, text } of truth.entries) {
      const fee = amount > 0 ? -random.whole(Math.max(1, Math.floor(amount / 30))) : random() < 0.2 ? -random.whole(99) : 0;
      row(sheet, (y += 18), [printDate(booking_date, 'm/d/y', 'en'), 40], [text[0]!, 100], ['USD', 330], [us(amount - fee), 440, 'right'], [us(fee), 500, 'right'], [us(amount), 570, 'right']);
      const id = `ID: ${random.whole(1e9).toString(36).toUpperCase()}X`;
      sheet.put(id, 100, (y += 11));
      text.push(id);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a card with days of transaction and posting, reference numbers, totals of each section': async (random) => {
    const truth = truthOf(random, 17, 'USD', '2026-12-11');
    truth.opening = -abs(truth.opening);
    const sections = [['Payments and Credits', deposits(truth)], ['Purchases', withdrawals(truth).filter((_, i) => i % 5 !== 4)], ['Fees', withdrawals(truth).filter((_, i) => i % 5 === 4)]] as const;
    truth.entries = sections.flatMap(([, entries]) => entries);
    const sheet = new Sheet({ size: 'LETTER' });
    const owed = (units: number): string => `${units > 0 ? '-' : ''}$${printNumber(units, US, 2)}`;
    const day = (iso: string): string => printDate(iso, 'm/d', 'en');
    sheet.put(`Account Number Ending in: ${truth.account.slice(-4)}`, 40, 40);
    truth.account = truth.account.slice(-4);
    sheet.put(`Statement Closing Date ${printDate(truth.to, 'm/d/y', 'en')}`, 40, 52);
    sheet.put(`Billing Period: ${printDate(truth.from, 'm/d/y', 'en')}-${printDate(truth.to, 'm/d/y', 'en')}`, 40, 64);
    row(sheet, 84, ['Previous Balance', 40], [owed(truth.opening), 280, 'right'], ['Credit Limit', 330], ['$12,000.00', 540, 'right']);
    row(sheet, 96, ['Payments and Credits', 40], [owed(sum(sections[0][1])), 280, 'right'], ['Available Credit', 330], [owed(-1_200_000 - closingOf(truth)), 540, 'right']);
    row(sheet, 108, ['Purchases', 40], [`+${owed(sum(sections[1][1]))}`, 280, 'right'], ['Minimum Payment Due', 330], ['$35.00', 540, 'right']);
    row(sheet, 120, ['Fees', 40], [`+${owed(sum(sections[2][1]))}`, 280, 'right'], ['Payment Due Date', 330], ['02/07/2027', 540, 'right']);
    row(sheet, 132, ['New Balance', 40], [owed(closingOf(truth)), 280, 'right']);
    row(sheet, 170, ['Trans', 40], ['Post', 80]);
    row(sheet, 181, ['Date', 40], ['Date', 80], ['Reference Number', 120], ['Transaction Description', 240], ['Amount', 560, 'right']);
    let y = 186;
    for (const [title, entries] of sections) {
      sheet.put(title, 40, (y += 20));
      for (const { booking_date, amount, text } of entries) {
        row(sheet, (y += 12), [day(addDays(booking_date, -random.whole(3))), 40], [day(booking_date), 80], [`24${10_000_000 + random.whole(8e7)}X`, 120], [text[0]!, 240], [owed(amount), 560, 'right']);
      }
      row(sheet, (y += 12), [`Total ${title} for this period`, 240], [owed(sum(entries)), 560, 'right']);
    }
    sheet.put('2026 Totals Year-to-Date', 40, (y += 30));
    row(sheet, (y += 12), ['Total fees charged in 2026', 40], ['$112.44', 280, 'right']);
    row(sheet, (y += 12), ['Total interest charged in 2026', 40], ['$48.10', 280, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'French: stars beside the amounts, totals of the movements, the sign apart in front of the new balance': async (random) => {
    const truth = truthOf(random, 15);
    describe(random, truth, 3);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd/m/y', 'fr');
    const sp = (units: number): string => spaced(abs(units), ',');
    sheet.put('RELEVÉ DE COMPTE', 40, 40);
    sheet.put(`n° ${truth.account}`, 160, 40);
    sheet.put(`Compte n° ${truth.account}   en euros`, 40, 54);
    sheet.put(`du ${day(truth.from)} au ${day(truth.to)}`, 40, 66);
    sheet.put('EUR', 40, 78);
    row(sheet, 100, ['Date', 40], ['Valeur', 100], ["Nature de l'opération", 160], ['Débit', 470, 'right'], ['Crédit', 555, 'right']);
    let y = 116;
    row(sheet, y, [`SOLDE PRÉCÉDENT AU ${day(addDays(truth.from, -1))}`, 160], [sp(truth.opening), 555, 'right']);
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      entry.value_date = addDays(booking_date, random.whole(2));
      const star = amount < 0 && random() < 0.2;
      row(sheet, (y += 13), [day(booking_date), 40], [day(entry.value_date), 100], [text[0]!, 160], [sp(amount), amount < 0 ? 470 : 555, 'right'], [star ? '*' : '', 474]);
      for (const line of text.slice(1)) sheet.put(line, 170, (y += 10));
    }
    row(sheet, (y += 16), ['TOTAUX DES MOUVEMENTS', 160], [sp(sum(withdrawals(truth))), 470, 'right'], [sp(sum(deposits(truth))), 555, 'right']);
    const closing = closingOf(truth);
    row(sheet, (y += 14), [`NOUVEAU SOLDE AU ${day(truth.to)}`, 160], [`${closing < 0 ? '-' : '+'} ${sp(closing)}`, closing < 0 ? 470 : 555, 'right']);
    sheet.put("* Opération exonérée de commission de mouvement. Médiateur : 75886 Paris Cedex 18. Capital de 1 010 261 206,25 EUR.", 40, 800);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Italian: amounts in front of the description, sums as rows': async (random) => {
    const truth = truthOf(random, 16);
    describe(random, truth, 2);
    const sheet = new Sheet();
    const short = (iso: string): string => `${iso.slice(8)}/${iso.slice(5, 7)}/${iso.slice(2, 4)}`;
    sheet.put(`ESTRATTO CONTO n. 3   conto corrente n. ${truth.account}`, 40, 40);
    sheet.put(`Periodo dal ${printDate(truth.from, 'd/m/y', 'it')} al ${printDate(truth.to, 'd/m/y', 'it')}   Divisa EUR`, 40, 54);
    row(sheet, 84, ['DATA', 40], ['DATA', 95]);
    row(sheet, 94, ['CONTABILE', 40], ['VALUTA', 95], ['ADDEBITI', 215, 'right'], ['ACCREDITI', 295, 'right'], ['DESCRIZIONE OPERAZIONI', 320]);
    let y = 110;
    row(sheet, y, [short(addDays(truth.from, -1)), 40], [eu(truth.opening), 295, 'right'], ['SALDO INIZIALE', 320]);
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      entry.value_date = addDays(booking_date, random.whole(3));
      row(sheet, (y += 14), [short(booking_date), 40], [short(entry.value_date), 95], [eu(abs(amount)), amount < 0 ? 215 : 295, 'right'], [text[0]!, 320]);
      for (const line of text.slice(1)) sheet.put(line, 320, (y += 10));
    }
    row(sheet, (y += 14), [eu(abs(sum(withdrawals(truth)))), 215, 'right'], ['TOTALE USCITE', 320]);
    row(sheet, (y += 14), [eu(sum(deposits(truth))), 295, 'right'], ['TOTALE ENTRATE', 320]);
    row(sheet, (y += 14), [short(truth.to), 40], [eu(abs(closingOf(truth))), closingOf(truth) < 0 ? 215 : 295, 'right'], ['SALDO FINALE', 320]);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Polish: the day of the transaction below that of the posting': async (random) => {
    const truth = truthOf(random, 12, 'PLN');
    const sheet = new Sheet();
    const nb = (units: number): string => `${spaced(units, ',')} PLN`;
    sheet.put(`Wyciag nr 3/2026   Nr rachunku ${truth.account}`, 40, 40);
    sheet.put(`za okres od ${truth.from} do ${truth.to}   Waluta: PLN`, 40, 54);
    row(sheet, 70, ['Saldo poczatkowe', 40], [nb(truth.opening), 300, 'right']);
    row(sheet, 82, ['Suma uznan', 40], [nb(sum(deposits(truth))), 300, 'right']);
    row(sheet, 94, ['Suma obciazen', 40], [nb(sum(withdrawals(truth))), 300, 'right']);
    row(sheet, 106, ['Saldo koncowe', 40], [nb(closingOf(truth)), 300, 'right']);
    row(sheet, 130, ['Data ksiegowania', 40], ['Opis operacji', 140], ['Kwota', 450, 'right'], ['Saldo po operacji', 555, 'right']);
    row(sheet, 141, ['Data transakcji', 40]);
    let y = 150;
    let balance = truth.opening;
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      balance += amount;
      row(sheet, (y += 16), [booking_date, 40], [text[0]!, 140], [nb(amount), 450, 'right'], [nb(balance), 555, 'right']);
      const second = `Nr ref ${100_000 + random.whole(99_999)}`;
      row(sheet, (y += 11), [addDays(booking_date, -random.whole(3)), 40], [second, 140]);
      text.push(second);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Swedish: two days under titles of their own, newest first, months by name': async (random) => {
    const truth = truthOf(random, 15, 'SEK');
    const closing = closingOf(truth);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd month y', 'sv');
    row(sheet, 40, ['Kontoutdrag', 40], [`Kontonummer ${truth.account}`, 200], ['Valuta SEK', 400]);
    row(sheet, 54, [`Period ${day(truth.from)} - ${day(truth.to)}`, 40]);
    row(sheet, 80, ['Reskontradag', 40], ['Transaktionsdag', 130], ['Text', 220], ['Belopp', 450, 'right'], ['Saldo', 555, 'right']);
    truth.entries.reverse();
    let y = 84;
    let balance = closing;
    row(sheet, (y += 14), ['Utgående saldo', 220], [spaced(closing, ','), 555, 'right']);
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      row(sheet, (y += 14), [day(booking_date), 40], [day(addDays(booking_date, -random.whole(3))), 130], [text[0]!, 220], [spaced(amount, ','), 450, 'right'], [spaced(balance, ','), 555, 'right']);
      balance -= amount;
    }
    row(sheet, y + 14, ['Ingående saldo', 220], [spaced(truth.opening, ','), 555, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'the day of value below that of booking, who and what in columns, signs in front': async (random) => {
    const truth = truthOf(random, 13);
    const sheet = new Sheet();
    const signed = (units: number): string => `${units < 0 ? '-' : '+'}${eu(abs(units))}`;
    const day = (iso: string): string => printDate(iso, 'd.m.y', 'de');
    sheet.put(`Finanzreport Nr. 3 per ${day(truth.to)}`, 40, 40);
    row(sheet, 60, ['Girokonto', 40], [`Kontonummer: ${truth.account}`, 140], ['EUR', 320]);
    row(sheet, 90, ['Buchungstag', 40], ['Vorgang', 110], ['Auftraggeber/Empfänger', 200], ['Buchungstext', 320], ['Ausgang', 490, 'right'], ['Eingang', 560, 'right']);
    row(sheet, 101, ['Valuta', 40], ['Referenz', 110]);
    let y = 116;
    row(sheet, y, [`Alter Saldo ${day(addDays(truth.from, -1))}`, 40], [signed(truth.opening), 560, 'right']);
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      entry.value_date = addDays(booking_date, random.whole(3));
      row(sheet, (y += 15), [day(booking_date), 40], ['Lastschrift', 110], ['Alder GmbH', 200], [text[0]!, 320], [signed(amount), amount < 0 ? 490 : 560, 'right']);
      const reference = `9X${1_000 + random.whole(8_999)}`;
      row(sheet, (y += 10), [day(entry.value_date), 40], [reference, 110], ['End-to-End-Ref.:', 320]);
      sheet.put('nicht angegeben', 320, (y += 10));
      entry.text = ['Lastschrift', text[0]!, reference, 'End-to-End-Ref.:', 'nicht angegeben'];
    }
    row(sheet, y + 16, [`Neuer Saldo ${day(truth.to)}`, 40], [signed(closingOf(truth)), 560, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a transfer service: the day below the description, the last column is the balance': async (random) => {
    const truth = truthOf(random, 14, 'EUR');
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd month y', 'en');
    sheet.put(`EUR statement`, 40, 40);
    sheet.put(`${day(truth.from)} - ${day(truth.to)}`, 40, 52);
    row(sheet, 76, ['Account number', 40], ['Swift/BIC', 250]);
    row(sheet, 88, [truth.account, 40], ['TRWIBEB1XXX', 250]);
    row(sheet, 110, [`EUR on ${day(truth.to)}`, 40], [`${us(closingOf(truth))} EUR`, 555, 'right']);
    row(sheet, 140, ['Description', 40], ['Incoming', 380, 'right'], ['Outgoing', 465, 'right'], ['Amount', 555, 'right']);
    truth.entries.reverse();
    let y = 146;
    let balance = closingOf(truth);
    for (const { booking_date, amount, text } of truth.entries) {
      row(sheet, (y += 16), [text[0]!, 40], [us(amount), amount > 0 ? 380 : 465, 'right'], [us(balance), 555, 'right']);
      const reference = `Transaction: TRANSFER-${10_000 + random.whole(89_999)}`;
      row(sheet, (y += 11), [day(booking_date), 40], [reference, 130]);
      text.push(reference);
      balance -= amount;
    }
    sheet.put('Have questions? Visit the help centre. Authorised by the National Bank, firm reference 713629.', 40, 800);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Indian: sides in parentheses behind amounts and balances, a serial number in front': async (random) => {
    const truth = truthOf(random, 15, 'INR');
    const sheet = new Sheet();
    const lakh = (units: number): string => printNumber(units, { ...US, indian: true }, 2);
    const side = (units: number): string => `${lakh(units)}(${units < 0 ? 'Dr' : 'Cr'})`;
    truth.opening *= 100;
    sheet.put(`Account No. ${truth.account}   Currency INR`, 40, 40);
    sheet.put(`Period : ${printDate(truth.from, 'd-m-y', 'en')} to ${printDate(truth.to, 'd-m-y', 'en')}`, 40, 54);
    row(sheet, 80, ['Sl No', 30], ['Date', 65], ['Narration', 130], ['Chq/Ref No', 320], ['Withdrawal (Dr)/', 470, 'right'], ['Balance', 570, 'right']);
    row(sheet, 91, ['Deposit (Cr)', 470, 'right']);
    let y = 100;
    let balance = truth.opening;
    row(sheet, y, ['OPENING BALANCE', 130], [side(balance), 570, 'right']);
    truth.entries.forEach(({ booking_date, amount, text }, i) => {
      balance += amount;
      row(sheet, (y += 15), [String(i + 1), 30], [printDate(booking_date, 'd-m-y', 'en'), 65], [text[0]!, 130], [`UPI-${100_000 + random.whole(899_999)}`, 320], [side(amount), 470, 'right'], [side(balance), 570, 'right']);
    });
    row(sheet, y + 20, ['Statement Summary', 40]);
    row(sheet, y + 34, ['Opening Balance', 40], [side(truth.opening), 300, 'right']);
    row(sheet, y + 46, ['Total Withdrawal Amount', 40], [lakh(sum(withdrawals(truth))), 300, 'right']);
    row(sheet, y + 58, ['Total Deposit Amount', 40], [lakh(sum(deposits(truth))), 300, 'right']);
    row(sheet, y + 70, ['Closing Balance', 40], [side(balance), 300, 'right']);
    row(sheet, y + 82, ['Withdrawal Count', 40], [String(withdrawals(truth).length), 300, 'right']);
    row(sheet, y + 94, ['Deposit Count', 40], [String(deposits(truth).length), 300, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Australian: the word blank in empty cells for who cannot see, the year in a row of its own': async (random) => {
    const truth = truthOf(random, 14, 'AUD');
    describe(random, truth, 1);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd mon', 'en').toUpperCase();
    const unseen = (x: number, y: number): void => {
      sheet.document.fillColor('white');
      sheet.right('blank', x, y);
      sheet.document.fillColor('black');
    };
    row(sheet, 40, ['ACCOUNT NUMBER', 350], [truth.account, 460]);
    row(sheet, 52, [`${printDate(truth.from, 'd month y', 'en').toUpperCase()} TO ${printDate(truth.to, 'd month y', 'en').toUpperCase()}`, 40]);
    row(sheet, 64, ['All amounts are in Australian dollars (AUD)', 40]);
    row(sheet, 84, ['Opening balance:', 40], [`$${us(truth.opening)}`, 220, 'right']);
    row(sheet, 96, ['Closing balance:', 40], [`$${us(closingOf(truth))}`, 220, 'right']);
    row(sheet, 120, ['Date', 40], ['Transaction Details', 90], ['Withdrawals ($)', 400, 'right'], ['Deposits ($)', 475, 'right'], ['Balance ($)', 555, 'right']);
    let y = 134;
    sheet.put('2026', 40, y);
    y += 13;
    row(sheet, y, [day(truth.from), 40], ['OPENING BALANCE', 90], [us(truth.opening), 555, 'right']);
    unseen(400, y);
    unseen(475, y);
    let balance = truth.opening;
    for (const { booking_date, amount, text } of truth.entries) {
      balance += amount;
      row(sheet, (y += 14), [day(booking_date), 40], [text[0]!, 90], [us(abs(amount)), amount < 0 ? 400 : 475, 'right'], [us(balance), 555, 'right']);
      unseen(amount < 0 ? 475 : 400, y);
      for (const line of text.slice(1)) sheet.put(line, 90, (y += 11));
    }
    row(sheet, (y += 16), ['TOTALS AT END OF PERIOD', 90], [`$${us(abs(sum(withdrawals(truth))))}`, 400, 'right'], [`$${us(sum(deposits(truth)))}`, 475, 'right'], [`$${us(balance)}`, 555, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a consolidated statement: a table of all accounts, then each with its currency': async (random) => {
    const truths = [truthOf(random, 9, 'HKD'), truthOf(random, 6, 'USD')];
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd mon', 'en');
    row(sheet, 40, ['Statement Date', 40], [printDate(truths[0]!.to, 'd mon y', 'en'), 150]);
    sheet.put('Portfolio Summary', 40, 60);
    row(sheet, 74, ['Account', 40], ['Account Number', 200], ['Currency', 330], ['Balance', 480, 'right']);
    truths.forEach((truth, i) => row(sheet, 88 + 14 * i, [['Statement Savings', 'Foreign Currency Savings'][i]!, 40], [truth.account, 200], [truth.currency, 330], [us(closingOf(truth)), 480, 'right']));
    let y = 130;
    truths.forEach((truth, i) => {
      row(sheet, y, [`${truth.currency} ${['Statement Savings', 'Foreign Currency Savings'][i]!}`, 40], [`Account Number: ${truth.account}`, 300]);
      row(sheet, (y += 16), ['Date', 40], ['Transaction Details', 110], ['Deposit', 380, 'right'], ['Withdrawal', 465, 'right'], ['Balance', 555, 'right']);
      let balance = truth.opening;
      let before = '';
      row(sheet, (y += 13), [day(addDays(truth.from, -1)), 40], ['B/F BALANCE', 110], [us(balance), 555, 'right']);
      truth.entries.forEach(({ booking_date, amount, text }, k) => {
        balance += amount;
        row(sheet, (y += 13), [booking_date === before ? '' : day(booking_date), 40], [text[0]!, 110], [us(abs(amount)), amount > 0 ? 380 : 465, 'right'], [truth.entries[k + 1]?.booking_date === booking_date ? '' : us(balance), 555, 'right']);
        before = booking_date;
      });
      row(sheet, (y += 13), [day(truth.to), 40], ['C/F BALANCE', 110], [us(balance), 555, 'right']);
      row(sheet, (y += 13), ['Total No. of Deposits:', 110], [String(deposits(truth).length), 230], ['Total Deposit Amount:', 300], [us(sum(deposits(truth))), 480, 'right']);
      row(sheet, (y += 13), ['Total No. of Withdrawals:', 110], [String(withdrawals(truth).length), 230], ['Total Withdrawal Amount:', 300], [us(abs(sum(withdrawals(truth)))), 480, 'right']);
      y += 40;
    });
    return { bytes: await sheet.end(), truths };
  },

  'a rate in the middle of the description, a fee behind it': async (random) => {
    const truth = truthOf(random, 12);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd.m.y', 'de');
    sheet.put(`Konto ${truth.account}   Währung EUR   ${day(truth.from)} bis ${day(truth.to)}`, 40, 40);
    row(sheet, 70, ['Datum', 40], ['Umsatz', 110], ['Betrag', 460, 'right'], ['Saldo', 550, 'right']);
    let y = 74;
    let balance = truth.opening;
    row(sheet, (y += 14), ['Saldovortrag', 110], [eu(balance), 550, 'right']);
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      balance += amount;
      row(sheet, (y += 15), [day(booking_date), 40], [text[0]!, 110], [eu(amount), 460, 'right'], [eu(balance), 550, 'right']);
      if (random() < 0.5) {
        entry.fx = { currency: 'USD', amount: eu(abs(amount) + 812), rate: '1,0831' };
        const [before, remark, behindIt] = random.pick([
          ['Umsatz', `USD ${entry.fx.amount} zum Kurs 1,0831`, `vom ${day(booking_date)}`], ['', `${entry.fx.amount} USD, Kurs 1,0831,`, 'Entgelt 1,75%'], ['', `Originalbetrag ${entry.fx.amount} USD Wechselkurs 1 EUR = 1,0831 USD`, ''],
        ]);
        sheet.put(`${before} ${remark} ${behindIt}`.trim(), 110, (y += 11));
        text.push(`${before} ${behindIt}`.trim());
      }
      const last = `Karte 4412 ${random.pick(['Berlin', 'Oslo', 'Rom'])}`;
      sheet.put(last, 110, (y += 11));
      text.push(last);
      entry.text = text.filter((line) => line !== '');
    }
    row(sheet, y + 16, ['Endsaldo', 110], [eu(balance), 550, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'three columns of daily balances, a dollar sign on the first only, cheques with stars': async (random) => {
    const truth = truthOf(random, 26, 'USD');
    const checks = withdrawals(truth).filter((_, i) => i % 3 === 0);
    const card = withdrawals(truth).filter((_, i) => i % 3 !== 0);
    const into = deposits(truth);
    const sheet = new Sheet({ size: 'LETTER' });
    const day = (iso: string): string => printDate(iso, 'm/d', 'en');
    sheet.put(`Account Number: ${truth.account}`, 400, 30);
    sheet.put(`${printDate(truth.from, 'month d, y', 'en')} through ${printDate(truth.to, 'month d, y', 'en')}`, 400, 44);
    let y = 70;
    row(sheet, y, ['CHECKING SUMMARY', 40], ['INSTANCES', 300, 'right'], ['AMOUNT', 420, 'right']);
    row(sheet, (y += 13), ['Beginning Balance', 40], [`$${us(truth.opening)}`, 420, 'right']);
    row(sheet, (y += 13), ['Deposits and Additions', 40], [String(into.length), 300, 'right'], [us(sum(into)), 420, 'right']);
    row(sheet, (y += 13), ['Checks Paid', 40], [String(checks.length), 300, 'right'], [`-${us(abs(sum(checks)))}`, 420, 'right']);
    row(sheet, (y += 13), ['ATM & Debit Card Withdrawals', 40], [String(card.length), 300, 'right'], [`-${us(abs(sum(card)))}`, 420, 'right']);
    row(sheet, (y += 13), ['Ending Balance', 40], [String(truth.entries.length), 300, 'right'], [`$${us(closingOf(truth))}`, 420, 'right']);
    const section = (title: string, entries: readonly TruthEntry[]): void => {
      sheet.put(title.toUpperCase(), 40, (y += 24));
      row(sheet, (y += 14), ['DATE', 40], ['DESCRIPTION', 90], ['AMOUNT', 550, 'right']);
      entries.forEach((entry, i) => row(sheet, (y += 12), [day(entry.booking_date), 40], [entry.text[0]!, 90], [`${i === 0 ? '$' : ''}${us(abs(entry.amount))}`, 550, 'right']));
      row(sheet, (y += 13), [`Total ${title}`, 40], [`$${us(abs(sum(entries)))}`, 550, 'right']);
    };
    section('Deposits and Additions', into);
    sheet.put('CHECKS PAID', 40, (y += 24));
    row(sheet, (y += 14), ['CHECK NUMBER', 40], ['DATE PAID', 300], ['AMOUNT', 550, 'right']);
    checks.forEach((entry, i) => {
      entry.text = [];
      row(sheet, (y += 12), [`${1_201 + i * 2}  ^`, 40], [day(entry.booking_date), 300], [`${i === 0 ? '$' : ''}${us(abs(entry.amount))}`, 550, 'right']);
    });
    row(sheet, (y += 13), ['Total Checks Paid', 40], [`$${us(abs(sum(checks)))}`, 550, 'right']);
    sheet.put('If you see a description in the Checks Paid section, it means that we received only electronic information.', 40, (y += 13));
    section('ATM & Debit Card Withdrawals', card);
    sheet.put('DAILY ENDING BALANCE', 40, (y += 24));
    const days = [...new Set(truth.entries.map(({ booking_date }) => booking_date))].map((date) => [day(date), us(truth.opening + sum(truth.entries.filter(({ booking_date }) => booking_date <= date)))] as const);
    y += 13;
    for (const x of [40, 220, 400]) row(sheet, y, ['DATE', x], ['AMOUNT', x + 150, 'right']);
    for (let i = 0; i < days.length; i += 3) {
      y += 12;
      days.slice(i, i + 3).forEach(([date, balance], k) => row(sheet, y, [date, 40 + 180 * k], [`${i + k === 0 ? '$' : ''}${balance}`, 190 + 180 * k, 'right']));
    }
    truth.entries = [...into, ...checks, ...card];
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a page whose corner lies elsewhere, turned by the text itself': async (random) => {
    const truth = truthOf(random, 16);
    const sheet = new Sheet({ size: [595, 842] });
    (sheet.document.page.dictionary as unknown as { data: Record<string, unknown> }).data.MediaBox = [-50, -70, 545, 772];
    sheet.document.transform(0, 1, -1, 0, 525, 60);
    sheet.put(`Account number ${truth.account}   Currency EUR`, 40, 40);
    sheet.put(`From ${printDate(truth.from, 'd/m/y', 'en')} to ${printDate(truth.to, 'd/m/y', 'en')}`, 40, 54);
    row(sheet, 80, ['Date', 40], ['Details', 120], ['Debit', 480, 'right'], ['Credit', 580, 'right'], ['Balance', 680, 'right']);
    let y = 84;
    let balance = truth.opening;
    row(sheet, (y += 14), ['Opening balance', 120], [us(balance), 680, 'right']);
    for (const { booking_date, amount, text } of truth.entries) {
      balance += amount;
      row(sheet, (y += 14), [printDate(booking_date, 'd/m/y', 'en'), 40], [text[0]!, 120], [us(abs(amount)), amount < 0 ? 480 : 580, 'right'], [us(balance), 680, 'right']);
    }
    row(sheet, y + 16, ['Closing balance', 120], [us(balance), 680, 'right']);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'British card: CR below the amount, two days with month names, over the end of the year': async (random) => {
    const truth = truthOf(random, 14, 'GBP', '2026-12-12');
    truth.opening = -abs(truth.opening);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'mon d', 'en');
    const owed = (units: number): string => printNumber(units, US, 2);
    row(sheet, 40, ['Membership Number', 40], ['Date', 400]);
    row(sheet, 52, [`xxxx-xxxxxx-${truth.account.slice(0, 5)}`, 40], [printDate(truth.to, 'd/m/y', 'en'), 400]);
    truth.account = `xxxx-xxxxxx-${truth.account.slice(0, 5)}`;
    row(sheet, 80, ['Previous balance £', 40], ['New credits £', 150], ['New debits £', 250], ['New balance £', 350]);
    row(sheet, 92, [owed(truth.opening), 40], [owed(sum(deposits(truth))), 150], [owed(sum(withdrawals(truth))), 250], [closingOf(truth) > 0 ? `${owed(closingOf(truth))} CR` : owed(closingOf(truth)), 350]);
    row(sheet, 104, [`Statement includes payments and charges received by ${printDate(truth.to, 'd month y', 'en')}`, 40]);
    row(sheet, 130, ['Transaction', 40], ['Process', 105]);
    row(sheet, 141, ['Date', 40], ['Date', 105], ['Transaction Details', 170], ['Amount £', 555, 'right']);
    let y = 146;
    for (const { booking_date, amount, text } of truth.entries) {
      row(sheet, (y += 15), [day(addDays(booking_date, -random.whole(3))), 40], [day(booking_date), 105], [text[0]!, 170], [amount > 0 ? `${owed(amount)} CR` : owed(amount), 555, 'right']);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Spanish: euros behind every amount, days of operation and value, balances only beside labels': async (random) => {
    const truth = truthOf(random, 15);
    describe(random, truth, 1);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd mon y', 'es');
    const euro = (units: number): string => `${eu(units)} €`;
    sheet.put(`Extracto de movimientos   Cuenta: ${truth.account}   EUR`, 40, 40);
    sheet.put(`Desde ${day(truth.from)} hasta ${day(truth.to)}`, 40, 52);
    row(sheet, 70, ['Saldo inicial', 40], ['Total ingresos', 170], ['Total gastos', 300], ['Saldo final', 430]);
    row(sheet, 82, [euro(truth.opening), 40], [euro(sum(deposits(truth))), 170], [euro(sum(withdrawals(truth))), 300], [euro(closingOf(truth)), 430]);
    row(sheet, 110, ['F. Operación', 40], ['F. Valor', 120], ['Concepto', 200], ['Importe', 540, 'right']);
    let y = 114;
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      entry.value_date = addDays(booking_date, random.whole(3));
      row(sheet, (y += 15), [day(booking_date), 40], [day(entry.value_date), 120], [text[0]!, 200], [euro(amount), 540, 'right']);
      for (const line of text.slice(1)) sheet.put(line, 200, (y += 11));
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'Dutch: one text column of name, account and description, the side as a word behind the amount': async (random) => {
    const truth = truthOf(random, 14);
    const sheet = new Sheet();
    const day = (iso: string): string => printDate(iso, 'd-m-y', 'nl');
    sheet.put(`Rekeningnummer ${truth.account}   Valuta EUR`, 40, 40);
    row(sheet, 54, ['Periode', 40], [`${day(truth.from)} t/m ${day(truth.to)}`, 110]);
    row(sheet, 76, ['Beginsaldo', 40], ['Totaal af', 180], ['Totaal bij', 300], ['Eindsaldo', 420]);
    row(sheet, 88, [`€ ${eu(truth.opening)}`, 40], [`€ ${eu(abs(sum(withdrawals(truth))))}`, 180], [`€ ${eu(sum(deposits(truth)))}`, 300], [`€ ${eu(closingOf(truth))}`, 420]);
    row(sheet, 116, ['Datum', 40], ['Omschrijving', 110], ['Bedrag', 480, 'right'], ['Af/Bij', 500]);
    let y = 120;
    for (const { booking_date, amount, text } of truth.entries) {
      row(sheet, (y += 15), [day(booking_date), 40], [text[0]!, 110], [`€ ${eu(abs(amount))}`, 480, 'right'], [amount < 0 ? 'Af' : 'Bij', 500]);
      const account = 'NL91 ABNA 0417 1643 00';
      const remark = `Pasvolgnr: 012 ${printDate(addDays(booking_date, -1), 'd-m-y', 'nl')} 14:${10 + random.whole(49)}`;
      for (const line of [account, remark]) {
        sheet.put(line, 110, (y += 11));
        text.push(line);
      }
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'dinars with three decimals, negative in parentheses, the newest above': async (random) => {
    const truth = truthOf(random, 14, 'KWD');
    truth.decimals = 3;
    const sheet = new Sheet();
    const fils = (units: number): string => (units < 0 ? `(${printNumber(units, US, 3)})` : printNumber(units, US, 3));
    const day = (iso: string): string => printDate(iso, 'd/m/y', 'en');
    sheet.put(`Account No: ${truth.account}  Currency: KWD`, 40, 40);
    sheet.put(`Statement from ${day(truth.from)} to ${day(truth.to)}`, 40, 54);
    row(sheet, 70, ['Opening Balance', 40], [fils(truth.opening), 250, 'right'], ['Closing Balance', 300], [fils(closingOf(truth)), 520, 'right']);
    row(sheet, 96, ['Post Date', 40], ['Value Date', 105], ['Description', 170], ['Amount', 460, 'right'], ['Balance', 555, 'right']);
    let y = 100;
    let balance = closingOf(truth);
    truth.entries.reverse();
    for (const entry of truth.entries) {
      const { booking_date, amount, text } = entry;
      entry.value_date = booking_date;
      row(sheet, (y += 14), [day(booking_date), 40], [day(booking_date), 105], [text[0]!, 170], [fils(amount), 460, 'right'], [fils(balance), 555, 'right']);
      balance -= amount;
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },
};
