import { addDays } from '../../../../src/core/date.ts';
import { seeded } from '../../../helpers/seeded.ts';
import { BANKS } from './banks.ts';
import type { TruthEntry } from './draw.ts';
import { printDate, printNumber } from './draw.ts';
import type { Drawn, Special } from './sheet.ts';
import { EU, Sheet, US, abs, closingOf, eu, sum, truthOf, us } from './sheet.ts';

/** Layouts that are drawn by hand, because no choice of styles makes them: each a function of a seed. */

export const SPECIALS: Readonly<Record<string, Special>> = {
  ...BANKS,

  'two statements side by side': async (random) => {
    const truths = [truthOf(random, 11), truthOf(random, 8)];
    const sheet = new Sheet({ layout: 'landscape' });
    sheet.document.fontSize(8);
    truths.forEach((truth, i) => {
      const left = 30 + 405 * i;
      let y = 40;
      let balance = truth.opening;
      sheet.put(`Account number ${truth.account}  Currency EUR`, left, y);
      sheet.put(`${printDate(truth.from, 'd month y', 'en')} to ${printDate(truth.to, 'd month y', 'en')}`, left, (y += 12));
      sheet.put('Opening balance', left, (y += 12));
      sheet.right(us(balance), left + 370, y);
      sheet.put('Date', left, (y += 16));
      sheet.put('Description', left + 60, y);
      sheet.right('Amount', left + 300, y);
      sheet.right('Balance', left + 370, y);
      for (const { booking_date, amount, text } of truth.entries) {
        sheet.put(printDate(booking_date, 'd/m/y', 'en'), left, (y += 13));
        sheet.put(text[0]!, left + 60, y);
        sheet.right(us(amount), left + 300, y);
        sheet.right(us(balance += amount), left + 370, y);
      }
      sheet.put('Closing balance', left, (y += 16));
      sheet.right(us(balance), left + 370, y);
    });
    return { bytes: await sheet.end(), truths };
  },

  'balances whose side is a word': async (random) => {
    const truth = truthOf(random, 14);
    truth.opening = -truth.opening;
    const sheet = new Sheet();
    let y = 40;
    sheet.put(`Compte n ${truth.account}  Devise EUR`, 40, y);
    sheet.put('Date', 40, (y += 30));
    sheet.put('Libellé', 110, y);
    sheet.right('Débit', 460, y);
    sheet.right('Crédit', 550, y);
    const balance = (units: number, date: string): void => {
      sheet.put(`SOLDE ${units < 0 ? 'DEBITEUR' : 'CREDITEUR'} AU ${printDate(date, 'd.m.y', 'fr')}`, 110, (y += 15));
      sheet.right(eu(abs(units)), units < 0 ? 460 : 550, y);
    };
    balance(truth.opening, addDays(truth.from, -1));
    for (const { booking_date, amount, text } of truth.entries) {
      sheet.put(printDate(booking_date, 'd.m.y', 'fr'), 40, (y += 15));
      sheet.put(text[0]!, 110, y);
      sheet.right(eu(abs(amount)), amount < 0 ? 460 : 550, y);
    }
    balance(closingOf(truth), truth.to);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'days as headings, rows with the day of value alone': async (random) => {
    const truth = truthOf(random, 16);
    const sheet = new Sheet();
    let y = 40;
    let day = '';
    sheet.put(`Kontonummer ${truth.account}  Währung EUR`, 40, y);
    sheet.put('Angaben zu den Umsätzen', 40, (y += 30));
    sheet.put('Valuta', 330, y);
    sheet.right('zu Ihren Lasten', 450, y);
    sheet.right('zu Ihren Gunsten', 550, y);
    sheet.put('Alter Kontostand', 40, (y += 15));
    sheet.right(eu(truth.opening), 550, y);
    for (const entry of truth.entries) {
      entry.value_date = addDays(entry.booking_date, random.whole(2));
      if (entry.booking_date !== day) sheet.put(`Buchungsdatum: ${printDate((day = entry.booking_date), 'd.m.y', 'de')}`, 40, (y += 18));
      sheet.put(entry.text[0]!, 40, (y += 13));
      sheet.put(printDate(entry.value_date, 'd.m.', 'de'), 330, y);
      sheet.right(`${eu(abs(entry.amount))}${entry.amount < 0 ? '-' : ''}`, entry.amount < 0 ? 450 : 550, y);
      if (random() < 0.4) {
        const more = `vom ${printDate(addDays(truth.from, -20), 'd.m.y', 'de')}`;
        sheet.put(more, 40, (y += 11));
        entry.text.push(more);
      }
    }
    sheet.put('Neuer Kontostand', 40, (y += 20));
    sheet.right(eu(closingOf(truth)), 550, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'two dates in one column, amounts under the currency, balances below their labels': async (random) => {
    const truth = truthOf(random, 12);
    const sheet = new Sheet();
    let y = 40;
    sheet.put(`Kontonummer ${truth.account}`, 40, y);
    sheet.put(`alter Saldo zum ${printDate(addDays(truth.from, -1), 'd.m.y', 'de')}`, 40, (y += 14));
    sheet.put('in EUR', 40, (y += 12));
    sheet.right(eu(truth.opening), 540, y);
    sheet.put('Nr.', 40, (y += 24));
    sheet.put('Valuta / Buchungstag', 65, y);
    sheet.put('Buchungstext', 200, y);
    sheet.right('EUR', 540, y);
    truth.entries.forEach((entry, i) => {
      entry.value_date = addDays(entry.booking_date, random.whole(2));
      sheet.put(String(i + 1).padStart(2, '0'), 40, (y += 15));
      sheet.put(`${printDate(entry.value_date, 'd.m.y', 'de')} / ${printDate(entry.booking_date, 'd.m.y', 'de')}`, 65, y);
      sheet.put(entry.text[0]!, 200, y);
      sheet.right(eu(entry.amount), 540, y);
    });
    sheet.put(`neuer Saldo zum ${printDate(truth.to, 'd.m.y', 'de')}`, 40, (y += 26));
    sheet.put('in EUR', 40, (y += 12));
    sheet.right(eu(closingOf(truth)), 540, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'the account of a card: what is owed has no sign': async (random) => {
    const truth = truthOf(random, 16, 'USD');
    truth.opening = -truth.opening;
    const payments = truth.entries.filter(({ amount }) => amount > 0);
    const purchases = truth.entries.filter(({ amount }) => amount < 0);
    truth.entries = [...payments, ...purchases];
    const sheet = new Sheet({ size: 'LETTER' });
    let y = 40;
    const owed = (units: number): string => `${units > 0 ? '-' : ''}$${printNumber(units, US, 2)}`;
    sheet.put(`Account number ${truth.account}`, 40, y);
    sheet.put(`${printDate(truth.from, 'm/d/y', 'en')} - ${printDate(truth.to, 'm/d/y', 'en')}`, 40, (y += 14));
    for (const [label, units] of [['Previous balance', truth.opening], ['New balance', closingOf(truth)]] as const) {
      sheet.put(label, 40, (y += 14));
      sheet.right(owed(units), 300, y);
    }
    sheet.put('Date', 40, (y += 26));
    sheet.put('Description', 110, y);
    sheet.right('Amount', 550, y);
    for (const [title, entries] of [['PAYMENTS AND OTHER CREDITS', payments], ['PURCHASES', purchases]] as const) {
      sheet.put(title, 40, (y += 24));
      for (const { booking_date, amount, text } of entries) {
        sheet.put(printDate(booking_date, 'm/d', 'en'), 40, (y += 13));
        sheet.put(text[0]!, 110, y);
        sheet.right(owed(amount).replace('$', ''), 550, y);
      }
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'codes in front, amounts on the last lines, dates left blank': async (random) => {
    const truth = truthOf(random, 14, 'GBP');
    const sheet = new Sheet();
    let y = 40;
    let day = '';
    let balance = truth.opening;
    ['Account name', 'Sort code', 'Account number', 'Sheet'].forEach((label, i) => sheet.put(label, 40 + i * 110, y));
    y += 12;
    ['A. Carver', '40-11-22', truth.account, '12'].forEach((value, i) => sheet.put(value, 40 + i * 110, y));
    sheet.put('All amounts in GBP', 40, (y += 14));
    sheet.put('Date', 40, (y += 24));
    sheet.put('Payment type and details', 100, y);
    for (const [title, x] of [['Paid out', 390], ['Paid in', 470], ['Balance', 550]] as const) sheet.right(title, x, y);
    sheet.put('Balance brought forward', 125, (y += 14));
    sheet.right(us(balance), 550, y);
    truth.entries.forEach((entry, i) => {
      if (entry.booking_date !== day) sheet.put(printDate((day = entry.booking_date), 'd mon y', 'en'), 40, y + 12);
      const code = random.pick(['DD', 'CR', 'VIS', 'BP']);
      sheet.put(code, 100, (y += 12));
      sheet.put(entry.text[0]!, 125, y);
      if (random() < 0.6) {
        entry.text.push(`Ref ${random.whole(900_000)}A`);
        sheet.put(entry.text[1]!, 125, (y += 12));
      }
      entry.text[0] = `${code} ${entry.text[0]}`;
      sheet.right(us(abs(entry.amount)), entry.amount < 0 ? 390 : 470, y);
      balance += entry.amount;
      if (truth.entries[i + 1]?.booking_date !== day) sheet.right(us(balance), 550, y);
    });
    sheet.put('Balance carried forward', 125, (y += 14));
    sheet.right(us(balance), 550, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a summary in a row of its own, no balance in the table': async (random) => {
    const truth = truthOf(random, 12, 'INR');
    const sheet = new Sheet();
    let y = 40;
    let balance = truth.opening;
    sheet.put(`Account No : ${truth.account}  Currency : INR`, 40, y);
    sheet.put(`Statement From : ${printDate(truth.from, 'd month y', 'en')} To : ${printDate(truth.to, 'd month y', 'en')}`, 40, (y += 14));
    sheet.put('Date', 40, (y += 24));
    sheet.put('Narration', 110, y);
    for (const [title, x] of [['Withdrawal Amt.', 390], ['Deposit Amt.', 470], ['Closing Balance', 560]] as const) sheet.right(title, x, y);
    for (const { booking_date, amount, text } of truth.entries) {
      balance += amount;
      sheet.put(printDate(booking_date, 'd/m/y', 'en'), 40, (y += 14));
      sheet.put(text[0]!, 110, y);
      sheet.right(us(abs(amount)), amount < 0 ? 390 : 470, y);
      sheet.right(us(balance), 560, y);
    }
    const cells = [['Opening Balance', us(truth.opening), 40], ['Dr Count', String(truth.entries.filter(({ amount }) => amount < 0).length), 150], ['Debits', us(-sum(truth.entries.filter(({ amount }) => amount < 0))), 350], ['Credits', us(sum(truth.entries.filter(({ amount }) => amount > 0))), 430], ['Closing Bal', us(balance), 500]] as const;
    y += 30;
    for (const [label, value, x] of cells) {
      sheet.put(label, x, y);
      sheet.put(value, x, y + 13);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'american sections, cheques side by side, daily balances': async (random) => {
    const truth = truthOf(random, 24, 'USD');
    const deposits = truth.entries.filter(({ amount }) => amount > 0);
    const out = truth.entries.filter(({ amount }) => amount < 0);
    const checks = out.filter((_, i) => i % 2 === 0);
    const card = out.filter((_, i) => i % 2 === 1);
    const sheet = new Sheet({ size: 'LETTER' });
    const day = (iso: string): string => printDate(iso, 'm/d', 'en');
    sheet.put('Kestrel Savings Bank', 40, 30);
    sheet.put(`Account Number: ${truth.account}`, 380, 30);
    sheet.put(`${printDate(truth.from, 'month d, y', 'en')} through ${printDate(truth.to, 'month d, y', 'en')}`, 380, 44);
    let y = 80;
    sheet.put('CHECKING SUMMARY', 40, y);
    for (const [label, amount] of [['Beginning Balance', `$${us(truth.opening)}`], ['Deposits and Additions', us(sum(deposits))], ['Checks Paid', us(sum(checks))], ['Electronic Withdrawals', us(sum(card))], ['Ending Balance', `$${us(closingOf(truth))}`]] as const) {
      sheet.put(label, 60, (y += 14));
      sheet.right(amount, 420, y);
    }
    const section = (title: string, entries: readonly TruthEntry[]): void => {
      sheet.put(title, 40, (y += 30));
      sheet.put('DATE', 40, (y += 16));
      sheet.put('DESCRIPTION', 90, y);
      sheet.right('AMOUNT', 540, y);
      for (const entry of entries) {
        sheet.put(day(entry.booking_date), 40, (y += 13));
        sheet.put(entry.text[0]!, 90, y);
        sheet.right(us(abs(entry.amount)), 540, y);
      }
      sheet.put(`Total ${title}`, 40, (y += 15));
      sheet.right(`$${us(abs(sum(entries)))}`, 540, y);
    };
    section('Deposits and Additions', deposits);
    section('Electronic Withdrawals', card);
    sheet.document.addPage();
    sheet.document.font('Helvetica').fontSize(9);
    y = 40;
    section('Checks Paid', checks);
    sheet.put('DAILY ENDING BALANCE', 40, (y += 30));
    for (const x of [40, 220]) {
      sheet.put('DATE', x, y + 14);
      sheet.right('AMOUNT', x + 140, y + 14);
    }
    y += 14;
    const days = [...new Set(truth.entries.map(({ booking_date }) => booking_date))];
    const balances = days.map((date) => [day(date), truth.opening + sum(truth.entries.filter(({ booking_date }) => booking_date <= date))] as const);
    for (let i = 0; i < balances.length; i += 2) {
      y += 13;
      for (const [k, x] of [40, 220].entries()) {
        const balance = balances[i + k];
        if (!balance) continue;
        sheet.put(balance[0], x, y);
        sheet.right(us(balance[1]), x + 140, y);
      }
    }
    truth.entries = [...deposits, ...card, ...checks];
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'titles over two lines, empty sides as 0,00': async (random) => {
    const truth = truthOf(random, 20);
    const sheet = new Sheet();
    sheet.put(`Kontonummer ${truth.account}`, 50, 40);
    sheet.put('Alle Beträge in EUR', 50, 54);
    sheet.put(`Kontoauszug vom ${printDate(truth.from, 'd.m.y', 'de')} bis ${printDate(truth.to, 'd.m.y', 'de')}`, 50, 68);
    let y = 100;
    sheet.put('Buchungs-', 50, y);
    sheet.put('Verwendungszweck', 110, y);
    sheet.right('Belastung', 440, y);
    sheet.right('Gutschrift', 530, y);
    sheet.put('tag', 50, (y += 11));
    sheet.right('EUR', 440, y);
    sheet.right('EUR', 530, y);
    sheet.put('Kontostand alt', 110, (y += 16));
    sheet.right(eu(truth.opening), 530, y);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd.m.y', 'de'), 50, (y += 13));
      sheet.put(entry.text[0]!, 110, y);
      sheet.right(entry.amount < 0 ? eu(-entry.amount) : '0,00', 440, y);
      sheet.right(entry.amount < 0 ? '0,00' : eu(entry.amount), 530, y);
    }
    sheet.put('Kontostand neu', 110, (y += 16));
    sheet.right(eu(closingOf(truth)), closingOf(truth) < 0 ? 440 : 530, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'amounts left aligned, with the currency in a column': async (random) => {
    const truth = truthOf(random, 18, 'GBP');
    const sheet = new Sheet();
    sheet.put('Statement of account', 50, 30);
    sheet.put('Account number', 50, 50);
    sheet.put(truth.account, 160, 50);
    sheet.put('Opening balance', 50, 64);
    sheet.put(`GBP ${us(truth.opening)}`, 160, 64);
    sheet.put('Closing balance', 50, 78);
    sheet.put(`GBP ${us(closingOf(truth))}`, 160, 78);
    let y = 110;
    for (const [title, x] of [['Date', 50], ['Amount', 130], ['Ccy', 210], ['Narrative', 250]] as const) sheet.put(title, x, y);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd mon y', 'en'), 50, (y += 13));
      sheet.put(us(entry.amount), 130, y);
      sheet.put('GBP', 210, y);
      sheet.put(entry.text[0]!, 250, y);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'the date behind the description, the amount in front': async (random) => {
    const truth = truthOf(random, 18);
    const sheet = new Sheet();
    sheet.put(`Account ${truth.account}  Currency EUR`, 50, 40);
    sheet.put(`Previous balance: ${us(truth.opening)}`, 50, 54);
    let y = 100;
    sheet.right('Amount', 110, y);
    sheet.put('Description', 130, y);
    sheet.put('Date', 400, y);
    sheet.right('Balance', 540, y);
    let balance = truth.opening;
    for (const entry of truth.entries) {
      sheet.right(us(entry.amount), 110, (y += 13));
      sheet.put(entry.text[0]!, 130, y);
      sheet.put(printDate(entry.booking_date, 'd/m/y', 'en'), 400, y);
      sheet.right(us((balance += entry.amount)), 540, y);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a summary of both accounts in front': async (random) => {
    const truths = [truthOf(random, 12, 'EUR'), truthOf(random, 9, 'EUR')];
    const sheet = new Sheet();
    let y = 60;
    sheet.put('Your accounts at a glance', 50, y);
    for (const [title, x] of [['Account', 50], ['Opening balance', 200], ['Closing balance', 330]] as const) sheet.put(title, x, y + 16);
    y += 16;
    for (const truth of truths) {
      sheet.put(truth.account, 50, (y += 14));
      sheet.put(us(truth.opening), 200, y);
      sheet.put(us(closingOf(truth)), 330, y);
    }
    for (const truth of truths) {
      sheet.document.addPage();
      sheet.document.font('Helvetica').fontSize(9);
      y = 60;
      sheet.put(`Account number ${truth.account}`, 50, y);
      sheet.put('Currency EUR', 50, (y += 13));
      sheet.put(`Statement period ${printDate(truth.from, 'd month y', 'en')} to ${printDate(truth.to, 'd month y', 'en')}`, 50, (y += 13));
      y += 30;
      sheet.put('Date', 50, y);
      sheet.put('Details', 130, y);
      sheet.right('Payments', 400, y);
      sheet.right('Receipts', 470, y);
      sheet.right('Balance', 540, y);
      sheet.put('Opening balance', 130, (y += 15));
      sheet.right(us(truth.opening), 540, y);
      let balance = truth.opening;
      for (const entry of truth.entries) {
        sheet.put(printDate(entry.booking_date, 'd mon y', 'en'), 50, (y += 13));
        sheet.put(entry.text[0]!, 130, y);
        sheet.right(us(abs(entry.amount)), entry.amount < 0 ? 400 : 470, y);
        sheet.right(us((balance += entry.amount)), 540, y);
      }
    }
    return { bytes: await sheet.end(), truths };
  },

  'two months of one account': async (random) => {
    const first = truthOf(random, 10);
    const second = { ...truthOf(random, 8, 'EUR', '2026-04-01'), account: first.account, opening: closingOf(first) };
    const sheet = new Sheet();
    for (const [i, truth] of [first, second].entries()) {
      if (i > 0) {
        sheet.document.addPage();
        sheet.document.font('Helvetica').fontSize(9);
      }
      let y = 60;
      sheet.put(`Konto ${truth.account}   EUR`, 50, y);
      sheet.put(`Kontoauszug ${i + 3}/2026   vom ${printDate(truth.from, 'd.m.y', 'de')} bis ${printDate(truth.to, 'd.m.y', 'de')}`, 50, (y += 14));
      sheet.put(`Alter Kontostand ${eu(truth.opening)}`, 50, (y += 14));
      y += 20;
      sheet.put('Datum', 50, y);
      sheet.put('Text', 120, y);
      sheet.right('Betrag', 540, y);
      for (const entry of truth.entries) {
        sheet.put(printDate(entry.booking_date, 'd.m.', 'de'), 50, (y += 13));
        sheet.put(entry.text[0]!, 120, y);
        sheet.right(eu(entry.amount), 540, y);
      }
      sheet.put(`Neuer Kontostand ${eu(closingOf(truth))}`, 50, (y += 20));
    }
    return { bytes: await sheet.end(), truths: [first, second] };
  },

  'British: type column, dates left blank, balance once a day': async (random) => {
    const truth = truthOf(random, 26, 'GBP');
    const sheet = new Sheet();
    sheet.put('Your Statement', 50, 30);
    sheet.put(`Account Number ${truth.account}   Sortcode 40-11-22`, 50, 46);
    sheet.put(`${printDate(truth.from, 'd month y', 'en')} to ${printDate(truth.to, 'd month y', 'en')}`, 50, 60);
    sheet.put('All amounts in GBP', 50, 74);
    let y = 100;
    for (const [title, x] of [['Date', 50], ['Payment type and details', 110]] as const) sheet.put(title, x, y);
    for (const [title, x] of [['Paid out', 400], ['Paid in', 470], ['Balance', 540]] as const) sheet.right(title, x, y);
    sheet.put('BALANCE BROUGHT FORWARD', 140, (y += 14));
    sheet.right(us(truth.opening), 540, y);
    let balance = truth.opening;
    truth.entries.forEach((entry, i) => {
      const type = entry.amount > 0 ? 'CR' : random.pick(['VIS', 'DD', 'BP', ')))']);
      y += 13;
      if (truth.entries[i - 1]?.booking_date !== entry.booking_date) sheet.put(printDate(entry.booking_date, 'd mon y', 'en').replace(/20(?=\d\d$)/, ''), 50, y);
      sheet.put(type, 110, y);
      sheet.put(entry.text[0]!, 140, y);
      entry.text[0] = `${type} ${entry.text[0]}`;
      sheet.right(us(abs(entry.amount)), entry.amount < 0 ? 400 : 470, y);
      balance += entry.amount;
      if (truth.entries[i + 1]?.booking_date !== entry.booking_date) sheet.right(us(balance), 540, y);
    });
    sheet.put('BALANCE CARRIED FORWARD', 140, (y += 14));
    sheet.right(us(balance), 540, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a date as heading over the entries of its day': async (random) => {
    const truth = truthOf(random, 18);
    const sheet = new Sheet();
    sheet.put('Account statement', 50, 40);
    sheet.put(`Account number: ${truth.account}`, 50, 56);
    sheet.put('Currency: EUR', 50, 70);
    sheet.put(`Opening balance ${us(truth.opening)} EUR`, 50, 84);
    let y = 110;
    truth.entries.forEach((entry, i) => {
      if (truth.entries[i - 1]?.booking_date !== entry.booking_date) {
        sheet.put(printDate(entry.booking_date, 'd month y', 'en'), 50, (y += 20));
      }
      sheet.put(entry.text[0]!, 60, (y += 13));
      sheet.right(`${entry.amount > 0 ? '+' : ''}${us(entry.amount)} EUR`, 540, y);
    });
    sheet.put(`Closing balance ${us(closingOf(truth))} EUR`, 50, (y += 24));
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a language that is not known': async (random) => {
    const truth = truthOf(random, 18);
    const sheet = new Sheet();
    sheet.put(`Tilinumero ${truth.account}`, 50, 40);
    sheet.put('IBAN FI21 1234 5600 0007 85', 50, 54);
    truth.account = 'FI2112345600000785';
    sheet.put('Valuutta EUR', 50, 68);
    sheet.put('Alkusaldo', 130, 104);
    sheet.right(eu(truth.opening), 540, 104);
    let y = 110;
    for (const [title, x] of [['Kirjauspäivä', 50], ['Selite', 130]] as const) sheet.put(title, x, y - 24);
    sheet.right('Määrä', 450, y - 24);
    sheet.right('Saldo', 540, y - 24);
    let balance = truth.opening;
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd.m.y', 'de'), 50, (y += 13));
      sheet.put(entry.text[0]!, 130, y);
      sheet.right(eu(entry.amount), 450, y);
      sheet.right(eu((balance += entry.amount)), 540, y);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'carries with the sums of both columns': async (random) => {
    const truth = truthOf(random, 30);
    const sheet = new Sheet();
    sheet.put(`Compte n° ${truth.account}`, 50, 40);
    sheet.put('Devise : EUR', 50, 54);
    let y = 90;
    let debits = 0;
    let credits = 0;
    const titles = (): void => {
      sheet.put('Date', 50, y);
      sheet.put('Libellé', 120, y);
      sheet.right('Débit', 440, y);
      sheet.right('Crédit', 540, y);
      y += 4;
    };
    titles();
    sheet.put(`Solde au ${printDate(addDays(truth.from, -1), 'd/m/y', 'fr')}`, 120, (y += 13));
    sheet.right(eu(truth.opening), 540, y);
    truth.entries.forEach((entry, i) => {
      if (i > 0 && i % 11 === 0) {
        for (const label of ['À reporter', 'Report']) {
          if (label === 'Report') {
            sheet.document.addPage();
            sheet.document.font('Helvetica').fontSize(9);
            y = 60;
            titles();
          }
          sheet.put(label, 120, (y += 13));
          sheet.right(eu(debits), 440, y);
          sheet.right(eu(credits), 540, y);
        }
      }
      sheet.put(printDate(entry.booking_date, 'd/m/y', 'fr'), 50, (y += 13));
      sheet.put(entry.text[0]!, 120, y);
      sheet.right(eu(abs(entry.amount)), entry.amount < 0 ? 440 : 540, y);
      if (entry.amount < 0) debits -= entry.amount;
      else credits += entry.amount;
    });
    sheet.put('Total des mouvements', 120, (y += 15));
    sheet.right(eu(debits), 440, y);
    sheet.right(eu(credits), 540, y);
    sheet.put(`Solde au ${printDate(truth.to, 'd/m/y', 'fr')}`, 120, (y += 15));
    sheet.right(eu(abs(closingOf(truth))), closingOf(truth) < 0 ? 440 : 540, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'a column of the foreign amount beside the booked one': async (random) => {
    const truth = truthOf(random, 20);
    const sheet = new Sheet();
    sheet.put(`Account number ${truth.account}`, 50, 40);
    sheet.put(`Opening balance EUR ${us(truth.opening)}`, 50, 54);
    let y = 90;
    sheet.put('Date', 50, y);
    sheet.put('Description', 120, y);
    sheet.right('Original amount', 380, y);
    sheet.right('Amount EUR', 460, y);
    sheet.right('Balance EUR', 540, y);
    let balance = truth.opening;
    truth.entries.forEach((entry, i) => {
      sheet.put(printDate(entry.booking_date, 'd mon y', 'en'), 50, (y += 13));
      sheet.put(entry.text[0]!, 120, y);
      if (i % 3 === 0) sheet.right(`USD ${us(abs(entry.amount) + 311)}`, 380, y);
      sheet.right(us(entry.amount), 460, y);
      sheet.right(us((balance += entry.amount)), 540, y);
    });
    sheet.put(`Closing balance EUR ${us(balance)}`, 50, (y += 20));
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'notes in the margin beside the table': async (random) => {
    const truth = truthOf(random, 24);
    const sheet = new Sheet();
    sheet.put(`Account number ${truth.account}`, 170, 40);
    sheet.put('Currency EUR', 170, 54);
    let y = 90;
    sheet.put('Date', 170, y);
    sheet.put('Description', 230, y);
    sheet.right('Out', 430, y);
    sheet.right('In', 490, y);
    sheet.right('Balance', 560, y);
    sheet.put('Balance brought forward', 230, (y += 13));
    sheet.right(us(truth.opening), 560, y);
    const notes = ['Did you know?', 'You can move', 'money at any', 'time in our', 'app. See', 'page 12 for', 'the details', 'or ask us.'];
    let balance = truth.opening;
    truth.entries.forEach((entry, i) => {
      sheet.put(printDate(entry.booking_date, 'd mon y', 'en'), 170, (y += 13));
      if (notes[i - 3]) sheet.put(notes[i - 3]!, 40, y);
      sheet.put(entry.text[0]!, 230, y);
      sheet.right(us(abs(entry.amount)), entry.amount < 0 ? 430 : 490, y);
      sheet.right(us((balance += entry.amount)), 560, y);
    });
    sheet.put('Balance carried forward', 230, (y += 13));
    sheet.right(us(balance), 560, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'text that cannot be seen is all there is': async (random) => {
    const truth = truthOf(random, 15);
    const sheet = new Sheet();
    sheet.document.rect(0, 0, 595, 842).fill('#f4f4f0');
    sheet.document.fillColor('black');
    sheet.document.addContent('3 Tr');
    sheet.put(`Account number ${truth.account}`, 50, 40);
    sheet.put(`Opening balance EUR ${us(truth.opening)}`, 50, 54);
    let y = 90;
    sheet.put('Date', 50, y);
    sheet.put('Details', 120, y);
    sheet.right('Amount', 540, y);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'iso', 'en'), 50, (y += 13));
      sheet.put(entry.text[0]!, 120, y);
      sheet.right(us(entry.amount), 540, y);
    }
    sheet.put(`Closing balance EUR ${us(closingOf(truth))}`, 50, (y += 20));
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'balances of two days, signs behind the balance': async (random) => {
    const truth = truthOf(random, 16);
    const sheet = new Sheet();
    const side = (units: number): string => `${eu(abs(units))} ${units < 0 ? 'S' : 'H'}`;
    sheet.put(`Kontonummer: ${truth.account}   Kontowährung: EUR`, 50, 40);
    sheet.put(`Kontostand am ${printDate(addDays(truth.from, -1), 'd.m.y', 'de')}, Auszug 2`, 50, 70);
    sheet.right(side(truth.opening), 540, 70);
    let y = 90;
    sheet.put('Bu.-Tag', 50, y);
    sheet.put('Wert', 95, y);
    sheet.put('Vorgang', 140, y);
    sheet.right('Betrag', 540, y);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd.m.', 'de'), 50, (y += 16));
      entry.value_date = entry.booking_date;
      sheet.put(printDate(entry.booking_date, 'd.m.', 'de'), 95, y);
      sheet.put(entry.text[0]!, 140, y);
      sheet.right(side(entry.amount), 540, y);
      for (const line of ['Sepa', 'Ref. 4711 vom 03.02.2026']) {
        sheet.put(line, 140, (y += 11));
        entry.text.push(line);
      }
    }
    sheet.put(`Kontostand am ${printDate(truth.to, 'd.m.y', 'de')}`, 50, (y += 24));
    sheet.right(side(closingOf(truth)), 540, y);
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'amounts with the currency sign and spaces before the minus': async (random) => {
    const truth = truthOf(random, 18);
    const sheet = new Sheet();
    const euro = (units: number): string => `${units < 0 ? '- ' : ''}€ ${eu(abs(units))}`;
    sheet.put('IBAN: NL91 ABNA 0417 1643 00', 50, 40);
    truth.account = 'NL91ABNA0417164300';
    sheet.put('Beginsaldo', 50, 70);
    sheet.put(euro(truth.opening), 150, 70);
    sheet.put('Totaal bij', 250, 70);
    sheet.put(euro(sum(truth.entries.filter(({ amount }) => amount > 0))), 320, 70);
    sheet.put('Eindsaldo', 50, 84);
    sheet.put(euro(closingOf(truth)), 150, 84);
    sheet.put('Totaal af', 250, 84);
    sheet.put(euro(sum(truth.entries.filter(({ amount }) => amount < 0))), 320, 84);
    let y = 120;
    sheet.put('Datum', 50, y);
    sheet.put('Omschrijving', 120, y);
    sheet.right('Bedrag', 540, y);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd-m-y', 'nl'), 50, (y += 13));
      sheet.put(entry.text[0]!, 120, y);
      sheet.right(euro(entry.amount), 540, y);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },

  'times beside the dates, numbers in the middle': async (random) => {
    const truth = truthOf(random, 18);
    const sheet = new Sheet({ layout: 'landscape' });
    sheet.put(`Account No: ${truth.account}`, 50, 40);
    sheet.put('Currency: EUR', 300, 40);
    let y = 80;
    sheet.put('Date / Time', 50, y);
    sheet.put('Transaction Details', 180, y);
    sheet.middle('Debit', 500, y);
    sheet.middle('Credit', 600, y);
    sheet.middle('Balance', 720, y);
    let balance = truth.opening;
    sheet.put('Opening Balance', 180, (y += 14));
    sheet.middle(us(balance), 720, y);
    for (const entry of truth.entries) {
      sheet.put(`${printDate(entry.booking_date, 'd/m/y', 'en')} ${10 + random.whole(9)}:${10 + random.whole(49)}`, 50, (y += 14));
      sheet.put(entry.text[0]!, 180, y);
      sheet.middle(us(abs(entry.amount)), entry.amount < 0 ? 500 : 600, y);
      sheet.middle(us((balance += entry.amount)), 720, y);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },
  'two accounts under one period, their titles close above the headers': async (random) => {
    const accounts = ['4400-01', '4400-02'].map((account) => ({ ...truthOf(random, 5), account }));
    const sheet = new Sheet({ size: 'LETTER' });
    sheet.put('All amounts in EUR', 400, 40);
    sheet.put('Statement period 03/01/2026 through 03/31/2026', 50, 40);
    let y = 60;
    for (const truth of accounts) {
      sheet.put(`Savings Account ${truth.account}`, 50, (y += 40));
      sheet.put('Posted', 50, (y += 14));
      sheet.put('Transaction', 110, y);
      sheet.right('Amount', 460, y);
      sheet.right('Balance', 540, y);
      let balance = truth.opening;
      sheet.put('Beginning Balance', 110, (y += 14));
      sheet.right(us(balance), 540, y);
      for (const entry of truth.entries) {
        sheet.put(printDate(entry.booking_date, 'm/d', 'en'), 50, (y += 13));
        sheet.put(entry.text[0]!, 110, y);
        sheet.right(us(entry.amount), 460, y);
        sheet.right(us((balance += entry.amount)), 540, y);
      }
      sheet.put('Ending Balance', 110, (y += 13));
      sheet.right(us(balance), 540, y);
    }
    return { bytes: await sheet.end(), truths: accounts };
  },
  'cheques in two tables beside each other, ACH credits and debits, a printed count': async (random) => {
    const truth = truthOf(random, 16, 'USD');
    const deposits = truth.entries.filter(({ amount }) => amount > 0);
    const out = truth.entries.filter(({ amount }) => amount < 0);
    const card = out.splice(0, Math.floor(out.length / 2));
    const half = Math.ceil(out.length / 2);
    for (const entry of out) entry.text = [];
    const sheet = new Sheet({ size: 'LETTER' });
    sheet.put(`Account Number: ${truth.account}`, 50, 30);
    sheet.put('Statement period 03/01/2026 through 03/31/2026', 300, 30);
    sheet.put(`Beginning Balance $${us(truth.opening)}`, 50, 50);
    sheet.put(`Ending Balance $${us(closingOf(truth))}`, 50, 64);
    sheet.put(`Debits: ${card.length + out.length}   Credits: ${deposits.length}`, 50, 78);
    let y = 90;
    const section = (title: string, kind: string, entries: readonly TruthEntry[]): void => {
      sheet.put(title, 50, (y += 24));
      sheet.put('Date', 50, (y += 13));
      sheet.put('Description', 110, y);
      sheet.right('Amount', 540, y);
      for (const entry of entries) {
        entry.text = [`ACH ${kind} ${entry.text[0]!}`];
        sheet.put(printDate(entry.booking_date, 'm/d', 'en'), 50, (y += 13));
        sheet.put(entry.text[0]!, 110, y);
        sheet.right(us(abs(entry.amount)), 540, y);
      }
      sheet.put(`Total ${title}`, 110, (y += 13));
      sheet.right(`$${us(abs(sum(entries)))}`, 540, y);
    };
    section('Deposits and Other Credits', 'CREDIT', deposits);
    sheet.put('Checks Paid', 50, (y += 24));
    y += 13;
    for (const x of [50, 300]) {
      sheet.put('Check No.', x, y);
      sheet.put('Date', x + 60, y);
      sheet.right('Amount', x + 190, y);
    }
    out.forEach((entry, i) => {
      const x = i < half ? 50 : 300;
      const row = y + 13 * (1 + (i % half));
      sheet.put(String(1040 + i), x, row);
      sheet.put(printDate(entry.booking_date, 'm/d', 'en'), x + 60, row);
      sheet.right(us(abs(entry.amount)), x + 190, row);
    });
    y += 13 * half;
    sheet.put('Total Checks Paid', 110, (y += 13));
    sheet.right(`$${us(abs(sum(out)))}`, 540, y);
    section('Withdrawals and Other Debits', 'DEBIT', card);
    return { bytes: await sheet.end(), truths: [{ ...truth, entries: [...deposits, ...out, ...card] }] };
  },
  'labels right of their amounts, descriptions last': async (random) => {
    const truth = truthOf(random, 9);
    const sheet = new Sheet({ layout: 'landscape' });
    sheet.put(`IBAN ${truth.account}`, 50, 40);
    sheet.put('Divisa: EUR', 400, 40);
    let y = 80;
    const row = (date: string, units: number, text: string): void => {
      sheet.put(printDate(date, 'd/m/y', 'en'), 50, (y += 14));
      sheet.right(printNumber(abs(units), EU, 2), units < 0 ? 250 : 350, y);
      sheet.put(text, 380, y);
    };
    sheet.put('Data operazione', 50, y);
    sheet.right('Dare', 250, y);
    sheet.right('Avere', 350, y);
    sheet.put('Descrizione', 380, y);
    row('2026-02-28', truth.opening, 'SALDO INIZIALE');
    for (const entry of truth.entries) row(entry.booking_date, entry.amount, entry.text[0]!);
    row('2026-03-31', closingOf(truth), 'SALDO FINALE');
    return { bytes: await sheet.end(), truths: [truth] };
  },
  'an opening balance and running ones, the column titled Closing Balance': async (random) => {
    const truth = truthOf(random, 9);
    const sheet = new Sheet();
    sheet.put(`A/C No: ${truth.account}`, 50, 40);
    sheet.put('Currency: EUR', 300, 40);
    let y = 80;
    let balance = truth.opening;
    sheet.put('Txn Date', 50, y);
    sheet.put('Narration', 120, y);
    sheet.right('Withdrawal Amt', 380, y);
    sheet.right('Deposit Amt', 460, y);
    sheet.right('Closing Balance', 550, y);
    sheet.put('01/03/2026', 50, (y += 14));
    sheet.put('Balance brought forward', 120, y);
    sheet.right(us(balance), 550, y);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd/m/y', 'en'), 50, (y += 14));
      sheet.put(entry.text[0]!, 120, y);
      sheet.right(us(abs(entry.amount)), entry.amount < 0 ? 380 : 460, y);
      sheet.right(us((balance += entry.amount)), 550, y);
    }
    return { bytes: await sheet.end(), truths: [truth] };
  },
  'amounts on the last line of descriptions, balances below their labels': async (random) => {
    const truth = truthOf(random, 8);
    const sheet = new Sheet();
    sheet.put(`IBAN: ${truth.account}`, 50, 40);
    sheet.put('Auszug 3 erstellt am 31.03.2026, alle Beträge in EUR', 50, 54);
    let y = 90;
    const money = (units: number): void => sheet.right(printNumber(abs(units), EU, 2), units < 0 ? 450 : 540, y);
    sheet.put('Bu-Tag', 50, y);
    sheet.put('Vorgang', 130, y);
    sheet.right('Soll', 450, y);
    sheet.right('Haben', 540, y);
    sheet.put('alter Kontostand vom 28.02.2026', 300, (y += 14));
    y += 11;
    money(truth.opening);
    for (const entry of truth.entries) {
      sheet.put(printDate(entry.booking_date, 'd.m.y', 'en').slice(0, 6), 50, (y += 16));
      sheet.put('Buchung', 130, y);
      sheet.put(entry.text[0]!, 130, (y += 10));
      entry.text = ['Buchung', entry.text[0]!];
      money(entry.amount);
    }
    sheet.put('neuer Kontostand vom 31.03.2026', 300, (y += 16));
    y += 11;
    money(closingOf(truth));
    return { bytes: await sheet.end(), truths: [truth] };
  },
};

export async function makeSpecial(name: string, seed: number): Promise<Drawn> {
  const next = seeded(seed * 104_729 + name.length);
  const random = Object.assign(next, { whole: (n: number) => Math.floor(next() * n), pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]! });
  return SPECIALS[name]!(random);
}
