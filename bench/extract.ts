import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';
import { assert } from '../src/core/failure.ts';
import { createProof } from '../src/core/proof.ts';

/**
 * `npm run bench:extract`: how fast each format is read, streamed and with its proof, beside readers of that format from npm, which get the
 * whole document as a string. Every reading has a process of its own, so that its memory is its own. `--entries N` (200,000) for all formats;
 * `--camt-mb 1024` reads a camt.053 of that size too.
 */
const { values } = parseArgs({
  options: { entries: { type: 'string', default: '200000' }, 'camt-mb': { type: 'string', default: '0' }, read: { type: 'string' }, with: { type: 'string' } },
});

/** A reader that is this slow has lost. */
const MAX_MS = 120_000;
/** As scripts/tieout gives it to `tieout extract`. */
const MEMORY = ['--max-old-space-size=512', '--max-semi-space-size=32', '--no-warnings'];
/** Entries that are written at once. */
const TOGETHER = 1_000;

interface BenchFormat {
  readonly head: string;
  entry(i: number): string;
  foot(entries: number): string;
  /** Readers from npm, each giving the number of entries that it has found. */
  readonly others: Readonly<Record<string, (text: string) => Promise<number>>>;
}

/** Each entry is 1.00 in, but every tenth of the CSV 1.00 out: no bank's export has money in alone, and then its signs are looked for to the end. */
const FORMATS: Readonly<Record<string, BenchFormat>> = {
  camt: {
    head: '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-03T05:00:00</CreDtTm></GrpHdr><Stmt><Id>S</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-03-03T05:00:00</CreDtTm><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>',
    entry: (i) => `<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt><AcctSvcrRef>REF-${i}</AcctSvcrRef>`
      + '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>'
      + `<NtryDtls><TxDtls><Refs><EndToEndId>E2E-${i}</EndToEndId></Refs><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Customer ${i % 977} GmbH</Nm></Pty></Dbtr>`
      + '<DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></RltdPties><RltdAgts><DbtrAgt><FinInstnId><BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt></RltdAgts>'
      + `<RmtInf><Ustrd>Invoice RE-2026-${i} dated 2026-02-11</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`,
    // The schema puts the balances first; where they come does not matter to a reader, and only the end knows the sum.
    foot: (n) => `<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${n}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal></Stmt></BkToCstmrStmt></Document>\n`,
    others: {
      'camt-parser': async (text) => (await (await import('camt-parser')).parseCamt053(text)).statements.flatMap((statement) => statement.transactions).length,
    },
  },
  mt940: {
    head: ':20:STARTUMS\n:25:37040044/0532013000\n:28C:1/1\n:60F:C260301EUR0,00\n',
    entry: (i) => `:61:2603020302CR1,00NTRFNONREF//B${i}\n:86:166?00SEPA-GUTSCHRIFT?100399?20EREF+E2E-2026-${String(i).padStart(8, '0')}?21\nSVWZ+Rechnung RE-2026-${String(i).padStart(6, '0')}?22vom 11.02.2026?30BYLADEM1001?31DE0212030000\n0000202051?32Customer ${i % 977} GmbH\n`,
    foot: (n) => `:62F:C260302EUR${n},00\n-\n`,
    others: {
      mt940js: async (text) => new (createRequire(import.meta.url)('mt940js') as { Parser: new () => { parse(text: string): { transactions: unknown[] }[] } }).Parser().parse(text).flatMap((statement) => statement.transactions).length,
      'mt940-js': async (text) => (await (await import('mt940-js')).read(Buffer.from(text))).flatMap((statement) => statement.transactions).length,
    },
  },
  ofx: {
    head: 'OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260303<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n',
    entry: (i) => `<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302120000[-5:EST]<TRNAMT>1.00<FITID>F2026${i}<NAME>Customer ${i % 977}<MEMO>Invoice RE-2026-${i} dated 2026-02-11</STMTTRN>\n`,
    foot: (n) => `</BANKTRANLIST><LEDGERBAL><BALAMT>${n}.00<DTASOF>20260331</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`,
    others: {
      'ofx-js': async (text) => {
        const { parse } = await import('ofx-js');
        const parsed = await parse(text) as unknown as { OFX: { BANKMSGSRSV1: { STMTTRNRS: { STMTRS: { BANKTRANLIST: { STMTTRN: unknown[] } } } } } };
        return parsed.OFX.BANKMSGSRSV1.STMTTRNRS.STMTRS.BANKTRANLIST.STMTTRN.length;
      },
      '@f-o-t/ofx': async (text) => {
        const { getTransactions, parse } = await import('@f-o-t/ofx');
        const parsed = parse(text);
        assert(parsed.success, 'it reads the document');
        return getTransactions(parsed.data).length;
      },
    },
  },
  bai2: {
    head: '01,SENDER,RECEIVER,260303,0500,1,,,2/\n02,,BANK,1,260302,,USD,2/\n03,0123456789,,010,0,,/\n',
    entry: (i) => `16,165,100,0,BNK-${i},CUST-${i % 977},ACH CREDIT FROM CUSTOMER ${i % 977}/\n88,INVOICE RE-2026-${i} DATED 2026-02-11\n`,
    foot: (n) => `49,${n * 100},${n * 2 + 2}/\n98,${n * 100},1,${n * 2 + 4}/\n99,${n * 100},1,${n * 2 + 6}/\n`,
    others: {},
  },
  qif: {
    head: '!Type:Bank\n',
    entry: (i) => `D13/03/2026\nT1.00\nN${i}\nPCustomer ${i % 977}\nMInvoice RE-2026-${i}\n^\n`,
    foot: () => '',
    others: {},
  },
  csv: {
    head: 'Buchungstag;Wertstellung;Auftraggeber;Verwendungszweck;IBAN;BIC;Betrag;Saldo\n',
    entry: (i) => `02.03.2026;02.03.2026;Customer ${i % 977} GmbH;"Invoice RE-2026-${i} dated 2026-02-11";DE02120300000000202051;BYLADEM1001;${i % 10 === 9 ? '-' : ''}1,00;${i + 1 - 2 * Math.floor((i + 1) / 10)},00\n`,
    foot: () => '',
    others: {
      papaparse: async (text) => (await import('papaparse')).default.parse<string[]>(text, { skipEmptyLines: true }).data.length - 1,
    },
  },
};

interface Measured {
  entries: number;
  ms: number;
  /** Of all threads: what the reading costs, whatever else the machine does. */
  cpu_ms: number;
  peak_mb: number;
  idle_mb: number;
}

if (values.read !== undefined) process.stdout.write(JSON.stringify(await readOnce(values.read, values.with!)));
else await compare();

/** In a process of its own: reads the document with one reader. */
async function readOnce(path: string, reader: string): Promise<Measured> {
  const [format, name] = reader.split(':') as [string, string];
  const other = FORMATS[format]!.others[name];
  const { extract } = await import('../src/stages/extract/extract.ts');
  const text = other === undefined ? '' : readFileSync(path, 'utf8');
  const { size } = await stat(path);
  const idle_mb = process.memoryUsage.rss() / 1024 ** 2;
  const cpu = process.cpuUsage();
  const started = performance.now();
  let entries = 0;
  if (other !== undefined) entries = await other(text);
  else {
    const proof = createProof();
    for await (const part of extract({ size, read: () => createReadStream(path, { highWaterMark: 1 << 20 }) }, { profiles: [] })) {
      if (part.part === 'entries') {
        entries += part.entries.length;
        proof.entries(part.entries);
      } else {
        assert(part.part === 'end', 'the document is read');
        assert(proof.finish(part.head).ties_out !== false, 'the document ties out');
      }
    }
  }
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { entries, ms, cpu_ms: (user + system) / 1_000, peak_mb: process.resourceUsage().maxRSS / 1024, idle_mb };
}

async function compare(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tieout-bench-extract-'));
  const count = Number(values.entries);
  try {
    for (const [name, format] of Object.entries(FORMATS)) await report(folder, name, format, count);
    const camt = FORMATS['camt']!;
    const large = Math.floor((Number(values['camt-mb']) * 1024 ** 2) / camt.entry(1_000_000).length);
    if (large > 0) await report(folder, 'camt', { ...camt, others: {} }, large);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function report(folder: string, name: string, format: BenchFormat, count: number): Promise<void> {
  const path = join(folder, name);
  await pipeline(Readable.from(documentOf(format, count)), createWriteStream(path));
  const { size } = await stat(path);
  for (const reader of ['tieout', ...Object.keys(format.others)]) {
    const line = `${name.padEnd(6)} ${reader.padEnd(12)} `;
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [...MEMORY, import.meta.filename, '--read', path, '--with', `${name}:${reader}`], { timeout: MAX_MS });
      const { entries, ms, cpu_ms, peak_mb, idle_mb } = JSON.parse(stdout) as Measured;
      assert(entries === count, `${reader} has found ${entries} of ${count} entries`);
      const rate = (per_ms: number): string => `${(size / 1e3 / per_ms).toFixed(0).padStart(4)} MB/s ${Math.round(entries / (per_ms / 1e3)).toLocaleString('en').padStart(9)} entries/s`;
      process.stdout.write(`${line}${rate(ms)}   by CPU time ${rate(cpu_ms)}   peak ${Math.round(peak_mb)} MB (${Math.round(idle_mb)} before), ${(size / 1e6).toFixed(0)} MB\n`);
    } catch (error) {
      const { killed, message } = error as Error & { killed?: boolean };
      process.stdout.write(`${line}${killed === true ? `not done after ${MAX_MS / 1_000} s` : `failed: ${message.split('\n').find((text) => /Error|Failure/.test(text)) ?? message}`}\n`);
      if (reader === 'tieout') process.exitCode = 1;
    }
  }
}

function* documentOf(format: BenchFormat, count: number): Generator<string> {
  yield format.head;
  for (let from = 0; from < count; from += TOGETHER) {
    yield Array.from({ length: Math.min(TOGETHER, count - from) }, (_, i) => format.entry(from + i)).join('');
  }
  yield format.foot(count);
}
