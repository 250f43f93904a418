import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'tieout-extract-')); });
afterAll(() => rm(folder, { recursive: true }));

interface Run { status: number; stdout: string; lines: any[]; errors: any[] }

const PROGRAM = `import { extractCommand } from ${JSON.stringify(new URL('../../src/cli/extract.ts', import.meta.url).href)};
await extractCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

/** Runs the command in a process of its own, as a shell does. */
function extract(files: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...files], { maxBuffer: 1 << 28, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, lines: parseLines(stdout), errors: parseLines(stderr) });
    });
  });
}

function parseLines(text: string): any[] {
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const money = (tag: string, amount: string, currency: string, side: string) => `<${tag} Ccy="${currency}">${amount}</${tag}><CdtDbtInd>${side}</CdtDbtInd>`;
const balance = (code: string, amount: string, currency: string) =>
  `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${money('Amt', amount, currency, 'CRDT')}<Dt><Dt>2026-03-02</Dt></Dt></Bal>`;
const entry = (amount: string, currency: string, side: string, details = '') =>
  `<Ntry>${money('Amt', amount, currency, side)}<Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>${details}</Ntry>`;
const statement = (id: string, currency: string, opening: string, closing: string, entries: string) =>
  `<Stmt><Id>${id}</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>${currency}</Ccy></Acct>${balance('OPBD', opening, currency)}${balance('CLBD', closing, currency)}${entries}</Stmt>`;
const camt = (...statements: string[]) =>
  `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>${statements.join('')}</BkToCstmrStmt></Document>`;

const SMALL = camt(
  statement('S1', 'EUR', '10', '7.5', entry('2.50', 'EUR', 'DBIT', `<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>
    <RltdPties><Cdtr><Pty><Nm>Muster  AG</Nm></Pty></Cdtr></RltdPties><RmtInf><Ustrd>Rechnung 17</Ustrd></RmtInf></TxDtls></NtryDtls>`)),
  statement('S2', 'JPY', '100', '201', entry('100.00', 'JPY', 'CRDT')),
);

test('prints a line per statement with the fields of the interchange', async () => {
  const path = await file('small.xml', SMALL);
  const { status, lines, errors } = await extract([path]);
  expect([status, errors]).toEqual([0, []]);
  expect(lines.map((line) => [line.statement_id, line.ties_out, line.opening_balance.amount, line.closing_balance.amount])).toEqual([
    ['S1', true, '10.00', '7.50'], ['S2', false, '100', '201'],
  ]);
  const [one, two] = lines;
  expect(Object.keys(one)).toEqual(['document', 'sha256', 'format', 'extractor', 'account', 'bank', 'currency', 'statement_id', 'sequence', 'from', 'to',
    'opening_balance', 'closing_balance', 'ties_out', 'checks', 'entries']);
  expect(one).toMatchObject({ document: path, sha256: createHash('sha256').update(SMALL).digest('hex'), format: 'camt.053', account: 'DE89370400440532013000', currency: 'EUR' });
  expect(one.entries).toEqual([{
    line: 1, booking_date: '2026-03-02', value_date: null, amount: '-2.50', currency: 'EUR', status: 'booked', reversal: false,
    bank_reference: null, end_to_end_id: 'E1', mandate_id: null, customer_reference: null,
    transaction_code: { domain: null, family: null, subfamily: null, proprietary: null }, return_reason: null,
    counterparty: { name: 'Muster AG', account: null, bank: null }, ultimate_counterparty: { name: null },
    remittance: 'Rechnung 17', structured_reference: null, instructed: null, exchange_rate: null, charges: [],
    source: { page: null, line: expect.any(Number) }, details: [],
  }]);
  expect(two.entries.map((e: any) => [e.line, e.amount])).toEqual([[2, '100']]);
});

test('each file that cannot be read has its error, the others are printed, and the exit status is 2', async () => {
  const files = await Promise.all([
    file('cut.xml', SMALL.slice(0, -80)), file('empty.csv', ' \n'), file('sheet.csv', Buffer.from('d0cf11e0a1b11ae1', 'hex')),
    file('page.pdf', '<!DOCTYPE html><html></html>'), file('letter.txt', 'Dear all,\nplease find attached.\n'), file('blob', Buffer.from([1, 0, 2, 0, 0, 0])),
    file('good.txt', SMALL),
  ]);
  const missing = join(folder, 'missing.xml');
  const { status, lines, errors } = await extract([...files, missing, folder]);
  expect(status).toBe(2);
  expect(lines.map((line) => line.document)).toEqual([files[6], files[6]]);
  expect(errors.map(({ document, error }) => [document, error.code])).toEqual([
    [files[0], 'truncated'], [files[1], 'not_a_statement'], [files[2], 'unsupported_format'], [files[3], 'unsupported_format'],
    [files[4], 'not_a_statement'], [files[5], 'unsupported_format'], [missing, 'not_found'], [folder, 'invalid_input'],
  ]);
  expect(Object.keys(errors[0].error)).toEqual(['code', 'message', 'location']);
});

test('a document longer than what is kept in memory is printed whole, and not at all when it breaks off', async () => {
  const entries = 12_500;
  const long = camt(statement('L', 'EUR', '0.00', `${entries}.00`, entry('1.00', 'EUR', 'CRDT').repeat(entries)), statement('E', 'EUR', '1', '1', ''));
  const { lines } = await extract([await file('long.xml', long)]);
  expect(lines.map((line) => [line.statement_id, line.ties_out, line.entries.length, line.entries.at(-1)?.line])).toEqual([['L', true, entries, entries], ['E', true, 0, undefined]]);
  const cut = await extract([await file('long-cut.xml', long.slice(0, -40))]);
  expect([cut.stdout, cut.errors[0].error.code, cut.status]).toEqual(['', 'truncated', 2]);
});

test('the accounts of one CSV file are a line each, however their rows are mixed and however many there are', async () => {
  for (const n of [4, 12_000]) {
    const rows = Array.from({ length: n }, (_, i) => `2026-03-02,${['DE89370400440532013000', 'DE02120300000000202051'][i % 2]},-1.50,EUR,Invoice ${i}\n`);
    const { lines } = await extract([await file(`mixed-${n}.csv`, `Date,Account number,Amount,Currency,Description\n${rows.join('')}`)]);
    expect(lines.map((line) => [line.account, line.ties_out, line.entries.length, line.entries[1].line])).toEqual([
      ['DE89370400440532013000', null, n / 2, 3], ['DE02120300000000202051', null, n / 2, 4],
    ]);
  }
});

test('the entries of a long document wait in a file of which nothing is left, and where none can be made it is said', async () => {
  const long = await file('spooled.csv', `Date,Description,Amount,Currency\n${Array.from({ length: 25_000 }, (_, i) => `2026-03-02,entry ${i},-1.00,EUR`).join('\n')}\n`);
  const temporary = await mkdtemp(join(folder, 'temporary-'));
  const { status, lines } = await extract([long], { TMPDIR: temporary });
  expect(status).toBe(0);
  expect(lines[0].entries.map((printed: { line: number; remittance: string }) => `${printed.line} ${printed.remittance}`)).toEqual(Array.from({ length: 25_000 }, (_, i) => `${i + 1} entry ${i}`));
  expect(await readdir(temporary)).toEqual([]);
  await rm(temporary, { recursive: true });
  expect(await extract([long], { TMPDIR: temporary })).toMatchObject({ status: 2, lines: [], errors: [{ error: { code: 'configuration', message: expect.stringContaining('TMPDIR') } }] });
});

test('a document that two formats claim is read as the one whose sums hold', async () => {
  const { lines } = await extract([await file('claimed', 'Date,Amount,Balance,Description\n2026-03-02,-1.50,98.50,print %PDF-1.7 brochures\n2026-03-03,2.00,100.50,sale\n')]);
  expect(lines.map((line) => [line.format, line.ties_out, line.opening_balance.amount, line.entries[0].amount])).toEqual([['csv', true, '100.00', '-1.50']]);
});
