import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { importAccounts } from '../master-data/import-accounts.ts';
import { importInvoices } from '../master-data/import-invoices.ts';
import { importParties } from '../master-data/import-parties.ts';
import type { ImportContext } from '../master-data/stage.ts';
import { transaction, type Database, type Tx } from '../platform/database.ts';
import { setMode } from '../review/modes.ts';

/** What a sample's import has brought; null when its companies were there already, and nothing was touched. */
export type ImportedSample = { companies: string[]; accounts: number; parties: number; invoices: number } | null;

/**
 * Imports a folder's accounts, parties and invoices and sets its companies to automatic, in one transaction. Only where its accounts are
 * new: what has happened to a sample since then is not undone by looking at it again.
 */
export async function importSample(db: Database, folder: string, context: ImportContext): Promise<ImportedSample> {
  const open = (what: string): AsyncIterable<Uint8Array> => createReadStream(join(folder, `${what}.csv`)) as AsyncIterable<Buffer>;
  return transaction(db, async (tx) => {
    const before = new Set(await listCompanies(tx));
    const accounts = await importAccounts(tx, open('accounts'), context);
    if (accounts.inserted === 0) return null;
    const parties = await importParties(tx, open('parties'), context);
    const invoices = await importInvoices(tx, open('invoices'), context);
    const companies = (await listCompanies(tx)).filter((company) => !before.has(company));
    for (const company of companies) await setMode(tx, 'auto', context.actor, company);
    return { companies, accounts: accounts.inserted, parties: parties.inserted, invoices: invoices.inserted };
  });
}

async function listCompanies(tx: Tx): Promise<string[]> {
  return (await tx.kysely.selectFrom('company').select('company').orderBy('company').execute()).map((row) => row.company);
}
