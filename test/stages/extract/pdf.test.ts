import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Failure } from '../../../src/core/failure.ts';
import type { Proof } from '../../../src/core/proof.ts';
import { proveStatement } from '../../../src/core/proof.ts';
import type { RawEntry, RawStatement } from '../../../src/core/statement.ts';
import type { DocumentSource } from '../../../src/stages/extract/contract.ts';
import { pdfReader } from '../../../src/stages/extract/pdf.ts';
import type { StatementProfile } from '../../../src/stages/extract/profile.ts';
import { statementProfileSchema } from '../../../src/stages/extract/profile.ts';
import type { PdfLayout, PdfRow } from './pdf-pages.ts';
import { numberStyle, statementPdf } from './pdf-pages.ts';

const source = (bytes: Buffer): DocumentSource => ({ size: bytes.length, read: async function* () { yield bytes; } });

async function read(bytes: Buffer, profiles: StatementProfile[] = []): Promise<{ head: RawStatement; entries: RawEntry[]; proof: Proof }> {
  const entries: RawEntry[] = [];
  for await (const part of pdfReader.read(source(bytes), { profiles })) {
    if (part.part === 'entries') entries.push(...part.entries);
    else if (part.part === 'end') return { head: part.head, entries, proof: proveStatement(part.head, entries) };
  }
  throw new Error('no statement');
}

const failureOf = (bytes: Buffer): Promise<Failure> => read(bytes).then(() => { throw new Error('was read'); }, (error: unknown) => error as Failure);

const plain = numberStyle('', '.');
const de = numberStyle('.', ',');
const en = numberStyle(',', '.');
const iso = (date: string): string => date;
const dmy = (mark: string) => (date: string): string => date.split('-').toReversed().join(mark);
const mdy = (date: string): string => `${date.slice(5, 7)}/${date.slice(8)}/${date.slice(0, 4)}`;
const named = (months: string[]) => (date: string): string => `${Number(date.slice(8))} ${months[Number(date.slice(5, 7)) - 1]} ${date.slice(0, 4)}`;

const ROWS: PdfRow[] = [
  { date: '2026-03-02', value_date: '2026-03-03', text: ['Northwind Trading Ltd', 'Invoice 2026-0042 of 12.02.2026'], amount: 123456 },
  { date: '2026-03-02', text: ['Card payment Central Station'], amount: -4590 },
  { date: '2026-03-13', text: ['Rent March', 'Unit 12', 'Contract 88-1', 'paid as agreed'], amount: -980000 },
  { date: '2026-03-17', text: ['Blue Harbour SA 1,25 USD'], amount: 2500012 },
  { date: '2026-03-31', value_date: '2026-04-01', text: ['Account fee'], amount: -1250 },
];
const OPENING = 100000;
const CLOSING = ROWS.reduce((sum, row) => sum + row.amount, OPENING);

/** What must come out: dates and signed amounts, whatever the layout. */
const truth = (rows: readonly PdfRow[]): string[] => rows.map((row) => `${row.date} ${plain(row.amount)}`);
const result = (entries: readonly RawEntry[]): string[] => entries.map((entry) => `${entry.booking_date} ${entry.amount}`);

const amountColumns = (titles: [date: string, text: string, amount: string]): PdfLayout['columns'] => [
  { key: 'date', title: titles[0], x: 40 }, { key: 'text', title: titles[1], x: 130 }, { key: 'amount', title: titles[2], x: 540, align: 'right' },
];
const sidesColumns = (titles: [date: string, text: string, first: string, second: string], order: ['debit' | 'credit', 'debit' | 'credit'] = ['debit', 'credit']): PdfLayout['columns'] => [
  { key: 'date', title: titles[0], x: 40 }, { key: 'text', title: titles[1], x: 130 },
  { key: order[0], title: titles[2], x: 450, align: 'right' }, { key: order[1], title: titles[3], x: 550, align: 'right' },
];

interface Case {
  name: string;
  layout: PdfLayout;
  account?: string;
  currency?: string | null;
}

const CASES: Case[] = [
  {
    name: 'German: Soll and Haben, two dates without year, a footer with another IBAN',
    layout: {
      columns: [
        { key: 'date', title: 'Buchung', x: 40 }, { key: 'value_date', title: 'Valuta', x: 90 }, { key: 'text', title: 'Vorgang', x: 140 },
        { key: 'debit', title: 'Soll', x: 450, align: 'right' }, { key: 'credit', title: 'Haben', x: 550, align: 'right' },
      ],
      number: de, date: (d) => `${d.slice(8)}.${d.slice(5, 7)}.`,
      heading: ['Kontoauszug Nr. 3', 'IBAN DE89 3704 0044 0532 0130 00  BIC COBADEFFXXX', 'Kontoauszug vom 01.03.2026 bis 31.03.2026', `Alter Saldo per 28.02.2026  EUR ${de(OPENING)}`],
      closing: [`Neuer Saldo per 31.03.2026  EUR ${de(CLOSING)}`],
      footer: (page) => ['Bank im Norden AG  IBAN DE02 1203 0000 0000 2020 51', `Seite ${page} von 3`], rows_per_page: 2,
    },
    account: 'DE89370400440532013000', currency: 'EUR',
  },
  {
    name: 'English: money out and money in, running balance, brought and carried forward',
    layout: {
      columns: [...sidesColumns(['Date', 'Description', 'Money out', 'Money in']).slice(0, 2),
        { key: 'debit', title: 'Money out', x: 400, align: 'right' }, { key: 'credit', title: 'Money in', x: 470, align: 'right' }, { key: 'balance', title: 'Balance', x: 550, align: 'right' }],
      number: en, date: named(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']),
      heading: ['Your current account', 'Account number: 12345678   Sort code: 12-34-56', 'Currency: GBP'],
      opening_row: { text: 'Balance brought forward', amount: en(OPENING), key: 'balance' },
      carry: { down: 'Carried forward', up: 'Brought forward', key: 'balance' }, rows_per_page: 2,
      closing_row: { text: 'Closing balance', amount: en(CLOSING), key: 'balance' },
    },
    account: '12345678', currency: 'GBP',
  },
  {
    name: 'American: month first on Letter, one signed amount, newest first',
    layout: {
      columns: [...amountColumns(['Date', 'Description', 'Amount']).slice(0, 2), { key: 'amount', title: 'Amount', x: 450, align: 'right' }, { key: 'balance', title: 'Balance', x: 540, align: 'right' }],
      number: (units) => (units < 0 ? `-$${en(-units)}` : `$${en(units)}`), date: mdy, size: 'LETTER', newest_first: true,
      heading: ['Account # 000123456789', 'Statement period 03/01/2026 - 03/31/2026', `Beginning balance $${en(OPENING)}`, `Ending balance $${en(CLOSING)}`],
    },
    account: '000123456789', currency: 'USD',
  },
  {
    name: 'French: debit and credit with spaces in numbers',
    layout: {
      columns: sidesColumns(['Date', 'Nature des opérations', 'Débit', 'Crédit']), number: numberStyle(' ', ','), date: dmy('/'),
      heading: ['Relevé n° 12', 'IBAN : FR14 2004 1010 0505 0001 3M02 606', 'Relevé du 01/03/2026 au 31/03/2026', `Solde précédent au 28/02/2026  ${numberStyle(' ', ',')(OPENING)} €`],
      closing: [`Nouveau solde au 31/03/2026  ${numberStyle(' ', ',')(CLOSING)} €`],
    },
    account: 'FR1420041010050500013M02606', currency: 'EUR',
  },
  {
    name: 'Dutch: Bij before Af',
    layout: {
      columns: sidesColumns(['Datum', 'Omschrijving', 'Bij', 'Af'], ['credit', 'debit']), number: de, date: dmy('-'),
      heading: ['IBAN NL91 ABNA 0417 1643 00', 'Periode 01-03-2026 t/m 31-03-2026', `Beginsaldo EUR ${de(OPENING)}`], closing: [`Eindsaldo EUR ${de(CLOSING)}`],
    },
    account: 'NL91ABNA0417164300', currency: 'EUR',
  },
  {
    name: 'Italian: Dare and Avere, balances inside the table',
    layout: {
      columns: sidesColumns(['Data', 'Descrizione', 'Dare', 'Avere']), number: de, date: dmy('/'),
      heading: ['IBAN IT60 X054 2811 1010 0000 0123 456', 'Divisa: EUR', 'Periodo dal 01/03/2026 al 31/03/2026'],
      opening_row: { text: 'Saldo iniziale', amount: de(OPENING), key: 'credit' }, closing_row: { text: 'Saldo finale', amount: de(CLOSING), key: 'credit' },
    },
    account: 'IT60X0542811101000000123456', currency: 'EUR',
  },
  {
    name: 'Spanish: cargos and abonos with saldo, month names',
    layout: {
      columns: [...sidesColumns(['Fecha', 'Concepto', '', '']).slice(0, 2), { key: 'debit', title: 'Cargos', x: 400, align: 'right' }, { key: 'credit', title: 'Abonos', x: 470, align: 'right' }, { key: 'balance', title: 'Saldo', x: 550, align: 'right' }],
      number: de, date: named(['ene', 'feb', 'mar', 'abr', 'may', 'jun', 'jul', 'ago', 'sep', 'oct', 'nov', 'dic']),
      heading: ['Número de cuenta: ES91 2100 0418 4502 0005 1332', `Saldo anterior: ${de(OPENING)} EUR`], closing: [`Saldo final: ${de(CLOSING)} EUR`],
    },
    account: 'ES9121000418450200051332', currency: 'EUR',
  },
  {
    name: 'Polish: one amount, minus U+2212 behind a no-break grouped number',
    layout: {
      columns: amountColumns(['Data ksiegowania', 'Opis operacji', 'Kwota']),
      number: (units) => numberStyle('\u00a0', ',')(Math.abs(units)) + (units < 0 ? '-' : ''), date: iso,
      heading: ['Nr rachunku PL61 1090 1014 0000 0712 1981 2874', 'Waluta: PLN', `Saldo poczatkowe ${numberStyle('\u00a0', ',')(OPENING)}`], closing: [`Saldo koncowe ${numberStyle('\u00a0', ',')(CLOSING)}`],
    },
    account: 'PL61109010140000071219812874', currency: 'PLN',
  },
  {
    name: 'Swedish: belopp and saldo',
    layout: {
      columns: [...amountColumns(['Bokföringsdag', 'Beskrivning', 'Belopp']).slice(0, 2), { key: 'amount', title: 'Belopp', x: 450, align: 'right' }, { key: 'balance', title: 'Saldo', x: 550, align: 'right' }],
      number: numberStyle(' ', ','), date: iso, heading: ['Kontonummer 8327-9,123 456 789-0', 'Valuta SEK', `Ingående saldo ${numberStyle(' ', ',')(OPENING)}`], closing: [`Utgående saldo ${numberStyle(' ', ',')(CLOSING)}`],
    },
    currency: 'SEK',
  },
  {
    name: 'amounts without sign beside S and H',
    layout: {
      columns: [...amountColumns(['Buchungstag', 'Verwendungszweck', 'Betrag EUR']).slice(0, 2), { key: 'amount', title: 'Betrag EUR', x: 520, align: 'right' }, { key: 'mark', title: '', x: 524 }],
      number: de, date: dmy('.'), heading: ['Konto 4711 0815', `Anfangssaldo ${de(OPENING)} H`], closing: [`Endsaldo ${de(CLOSING)} H`],
    },
    currency: 'EUR',
  },
  {
    name: 'CR behind credits only',
    layout: {
      columns: amountColumns(['Date', 'Details', 'Amount']), number: (units) => (units < 0 ? en(-units) : `${en(units)} CR`), date: dmy('/'),
      heading: ['Account 12-3456-7890123-00', `Opening balance ${en(OPENING)} CR`], closing: [`Closing balance ${en(CLOSING)} CR`],
    },
  },
  {
    name: 'parentheses for money out, apostrophes, landscape',
    layout: {
      columns: amountColumns(['Date', 'Details', 'Amount CHF']), number: (units) => (units < 0 ? `(${numberStyle("'", '.')(-units)})` : numberStyle("'", '.')(units)), date: dmy('.'), landscape: true,
      heading: ['CH93 0076 2011 6238 5295 7', `Opening balance ${numberStyle("'", '.')(OPENING)}`], closing: [`Closing balance ${numberStyle("'", '.')(CLOSING)}`],
    },
    account: 'CH9300762011623852957', currency: 'CHF',
  },
  {
    name: 'amounts without any sign: the running balance says which way',
    layout: {
      columns: [...amountColumns(['Date', 'Details', 'Amount']).slice(0, 2), { key: 'amount', title: 'Amount', x: 450, align: 'right' }, { key: 'balance', title: 'Balance', x: 550, align: 'right' }],
      number: en, unsigned: true, date: iso, heading: ['Account 998877'], opening_row: { text: 'Opening balance', amount: en(OPENING), key: 'balance' },
    },
  },
  {
    name: 'a table without titles',
    layout: { columns: amountColumns(['', '', '']), number: de, date: dmy('.'), untitled: true, heading: ['Konto 4711081500', `Alter Kontostand ${de(OPENING)}`], closing: [`Neuer Kontostand ${de(CLOSING)}`] },
  },
  {
    name: 'repeated dates left blank, balance once a day, letters drawn one by one',
    layout: {
      columns: [...sidesColumns(['Datum', 'Text', '', '']).slice(0, 2), { key: 'debit', title: 'Belastung', x: 400, align: 'right' }, { key: 'credit', title: 'Gutschrift', x: 470, align: 'right' }, { key: 'balance', title: 'Saldo', x: 550, align: 'right' }],
      number: numberStyle("'", '.'), date: dmy('.'), heading: ['Konto 12-345678-9', `Saldovortrag ${numberStyle("'", '.')(OPENING)}`], blank_dates: true, daily_balance: true, letter_by_letter: true,
    },
  },
];

describe('a statement in a layout never seen', () => {
  test.each(CASES)('$name', async ({ layout, account, currency }) => {
    const { head, entries, proof } = await read(await statementPdf(layout, OPENING, ROWS));
    const rows = layout.newest_first ? ROWS.toReversed() : ROWS;
    expect(result(entries)).toEqual(truth(rows));
    expect(entries.map((entry) => entry.remittance)).toEqual(rows.map((row) => row.text.join(' ')));
    expect(proof, JSON.stringify(proof)).toMatchObject({ ties_out: true, opening_balance: { amount: plain(OPENING) }, closing_balance: { amount: plain(CLOSING) }, newest_first: layout.newest_first ?? false });
    if (account !== undefined) expect(head.account).toBe(account);
    if (currency !== undefined) expect(head.currency).toBe(currency);
    if (layout.columns.some((column) => column.key === 'value_date')) expect(entries.map((entry) => entry.value_date)).toEqual(rows.map((row) => row.value_date ?? row.date));
  });
});

const SIMPLE: PdfLayout = {
  columns: amountColumns(['Date', 'Description', 'Amount']), number: en, date: iso,
  heading: ['Statement of account 12345678', 'Currency EUR', `Opening balance ${en(OPENING)}`], closing: [`Closing balance ${en(CLOSING)}`],
};

describe('what does not tie out is never given as if it did', () => {
  test('a wrong closing balance: read as printed, and the checks say so', async () => {
    const { entries, proof } = await read(await statementPdf({ ...SIMPLE, closing: [`Closing balance ${en(CLOSING + 1)}`] }, OPENING, ROWS));
    expect(result(entries)).toEqual(truth(ROWS));
    expect(proof).toMatchObject({ ties_out: false, checks: [{ name: 'opening_to_closing', ok: false }] });
  });

  test('one wrong running balance, where opening and closing still agree', async () => {
    const columns: PdfLayout['columns'] = [...SIMPLE.columns.slice(0, 2), { key: 'amount', title: 'Amount', x: 450, align: 'right' }, { key: 'balance', title: 'Balance', x: 550, align: 'right' }];
    let printed = 0;
    // Every third number asked for is a row's balance; the third row's is off by a cent.
    const number = (units: number): string => en(units + (++printed === 9 ? 1 : 0));
    const { entries, proof } = await read(await statementPdf({ ...SIMPLE, columns, number }, OPENING, ROWS));
    expect(entries).toHaveLength(ROWS.length);
    expect(proof.ties_out).toBe(false);
  });

  test('printed totals that are not those of the entries', async () => {
    const { proof } = await read(await statementPdf({ ...SIMPLE, closing: [`Total debits ${en(1)}`, ...SIMPLE.closing!] }, OPENING, ROWS));
    expect(proof).toMatchObject({ ties_out: false, checks: [{ ok: true }, { name: 'printed_debits', ok: false }] });
  });

  test('columns whose titles say the opposite of what the balances do', async () => {
    const columns: PdfLayout['columns'] = [
      { key: 'date', title: 'Date', x: 40 }, { key: 'text', title: 'Description', x: 130 }, { key: 'debit', title: 'Paid in', x: 400, align: 'right' },
      { key: 'credit', title: 'Paid out', x: 470, align: 'right' }, { key: 'balance', title: 'Balance', x: 550, align: 'right' },
    ];
    expect((await read(await statementPdf({ ...SIMPLE, columns }, OPENING, ROWS))).proof.ties_out).toBe(false);
  });

  test('no balances: neither yes nor no', async () => {
    const { entries, proof } = await read(await statementPdf({ ...SIMPLE, heading: ['Account number 12345678'], closing: [] }, OPENING, ROWS));
    expect([result(entries), proof.ties_out]).toEqual([truth(ROWS), null]);
  });
});

test('a profile names titles that no language has', async () => {
  const columns: PdfLayout['columns'] = [
    { key: 'date', title: 'Xdate', x: 40 }, { key: 'text', title: 'Xtext', x: 130 }, { key: 'debit', title: 'Xin', x: 450, align: 'right' }, { key: 'credit', title: 'Xout', x: 550, align: 'right' },
  ];
  // Without balances nothing but the titles says which column is which.
  const bytes = await statementPdf({ ...SIMPLE, columns, heading: ['Statement of account 12345678', 'Currency EUR'], closing: [] }, OPENING, ROWS);
  const profile: StatementProfile = {
    id: 'own-titles', owner: 'treasury', format: 'pdf', match: { text: 'account 12345678' }, columns: { booking_date: 'Xdate', description: ['Xtext'], credit: 'Xin', debit: 'Xout' },
  };
  const { entries } = await read(bytes, [profile]);
  expect(result(entries)).toEqual(ROWS.map((row) => `${row.date} ${plain(-row.amount)}`));
});

describe('what the arithmetic cannot see', () => {
  const slashed = { ...SIMPLE, date: dmy('/') };
  const early = [{ date: '2026-03-02', text: ['one'], amount: 100 }, { date: '2026-04-05', text: ['two'], amount: CLOSING - OPENING - 100 }];

  test('dates that read both ways are ambiguous, and a profile settles them', async () => {
    const bytes = await statementPdf(slashed, OPENING, early);
    expect(await failureOf(bytes)).toMatchObject({ code: 'ambiguous', message: expect.stringContaining('\ndate_order: dmy   # or: mdy') });
    const profile: StatementProfile = { id: 'slashed', owner: 'treasury', format: 'pdf', match: { text: 'account 12345678' }, date_order: 'dmy' };
    expect(result((await read(bytes, [profile])).entries)).toEqual(truth(early));
  });

  test('dates that run one way only when the day stands first are read so', async () => {
    const rows = [{ date: '2026-01-02', text: ['one'], amount: 100 }, { date: '2026-02-01', text: ['two'], amount: 100 }, { date: '2026-03-01', text: ['three'], amount: CLOSING - OPENING - 200 }, { date: '2026-03-04', text: ['four'], amount: 0 }];
    expect(result((await read(await statementPdf(slashed, OPENING, rows))).entries)).toEqual(truth(rows));
  });

  test('amounts without a sign are ambiguous where no balance is printed', async () => {
    const bytes = await statementPdf({ ...SIMPLE, unsigned: true, number: (units) => en(Math.abs(units)), heading: ['Account number 12345678'], closing: [] }, OPENING, ROWS);
    const { code, message } = await failureOf(bytes);
    expect(code).toBe('ambiguous');
    const shown = statementProfileSchema.parse(parse(message.slice(message.indexOf('\nid:') + 1).replace('…', 'Account number')));
    expect(shown).toMatchObject({ format: 'pdf', inverted: true });
    expect(result((await read(bytes, [shown])).entries)).toEqual(ROWS.map(({ date, amount }) => `${date} ${plain(-Math.abs(amount))}`));
  });

  test('another date of the document settles them', async () => {
    const bytes = await statementPdf({ ...slashed, heading: [...SIMPLE.heading, 'Printed on 21/04/2026'] }, OPENING, early);
    expect(result((await read(bytes)).entries)).toEqual(truth(early));
  });

  test('a year that is not printed, over the turn of the year', async () => {
    const turn = [{ date: '2025-12-30', text: ['old'], amount: 100 }, { date: '2026-01-02', text: ['new'], amount: CLOSING - OPENING - 100 }];
    const layout = { ...SIMPLE, date: (d: string) => `${d.slice(8)}.${d.slice(5, 7)}.`, heading: [...SIMPLE.heading, 'Statement period 15.12.2025 - 14.01.2026'] };
    expect(result((await read(await statementPdf(layout, OPENING, turn))).entries)).toEqual(truth(turn));
  });

  test('invisible text beside visible text is ignored, and used where it is all there is', async () => {
    const partly = await statementPdf({ ...SIMPLE, extra: (document) => {
      document.addContent('BT 3 Tr ET');
      document.text('2026-03-05', 40, 400, { lineBreak: false });
      document.text('-9,999.00', 500, 400, { lineBreak: false });
      document.addContent('BT 0 Tr ET');
    } }, OPENING, ROWS);
    expect(result((await read(partly)).entries)).toEqual(truth(ROWS));
    const scanned = await statementPdf({ ...SIMPLE, extra: (document) => { document.addContent('BT 3 Tr ET'); } }, OPENING, ROWS);
    expect(result((await read(scanned)).entries)).toEqual(truth(ROWS));
  });
});

describe('currencies without decimals and with three', () => {
  test.each([['JPY', 0], ['KWD', 3]] as const)('%s', async (currency, decimals) => {
    const number = numberStyle(',', '.', decimals);
    const layout = { ...SIMPLE, number, heading: ['Account number 12345678', `Currency ${currency}`, `Opening balance ${currency} ${number(OPENING)}`], closing: [`Closing balance ${currency} ${number(CLOSING)}`] };
    const { entries, proof } = await read(await statementPdf(layout, OPENING, ROWS));
    expect(entries.map((entry) => entry.amount)).toEqual(ROWS.map((row) => numberStyle('', '.', decimals)(row.amount)));
    expect(proof.ties_out).toBe(true);
  });
});

describe('what is refused', () => {
  test('a document with a password', async () => {
    expect(await failureOf(await statementPdf({ ...SIMPLE, options: { userPassword: 'secret' } }, OPENING, ROWS))).toMatchObject({ code: 'password_protected' });
  });
  test('encrypted without a password: read', async () => {
    expect((await read(await statementPdf({ ...SIMPLE, options: { ownerPassword: 'owner' } }, OPENING, ROWS))).proof.ties_out).toBe(true);
  });
  test('half of a document', async () => {
    const bytes = await statementPdf(SIMPLE, OPENING, ROWS);
    expect(await failureOf(bytes.subarray(0, bytes.length / 2))).toMatchObject({ code: 'truncated' });
  });
  test('a PDF only by its first and last bytes', async () => {
    expect(await failureOf(Buffer.from(`%PDF-1.7\n${'x'.repeat(5000)}\n%%EOF`))).toMatchObject({ code: 'malformed' });
  });
  test('pages without text', async () => {
    const drawn = await statementPdf({ ...SIMPLE, columns: [], untitled: true, heading: [], closing: [], extra: (document) => { document.rect(0, 0, 100, 100).fill(); } }, OPENING, []);
    expect(await failureOf(drawn)).toMatchObject({ code: 'needs_ocr' });
  });
  test('a letter', async () => {
    const letter = await statementPdf({ ...SIMPLE, columns: [], untitled: true, heading: ['Dear customer,', 'on 2026-03-02 you wrote to us about 12.50 EUR.', 'Yours'], closing: [] }, OPENING, []);
    expect(await failureOf(letter)).toMatchObject({ code: 'not_a_statement' });
  });
});

test('every entry knows its page and place', async () => {
  const { entries } = await read(await statementPdf({ ...SIMPLE, rows_per_page: 3 }, OPENING, ROWS));
  expect(entries.map((entry) => entry.source.page)).toEqual([1, 1, 1, 2, 2]);
  const [x0, y0, x1, y1] = entries[2]!.source.box!;
  expect([x0, Math.round(x1), y1 - y0 > 36, y0 > entries[1]!.source.box![1] - 100 && y1 < entries[1]!.source.box![1] + 3]).toEqual([40, 540, true, true]);
});
