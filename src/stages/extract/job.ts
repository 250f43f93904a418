import { join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { openBlob } from '../../platform/blobs.ts';
import { loadConfig } from '../../platform/config.ts';
import { keepAwake } from '../../platform/database.ts';
import type { DocumentJob } from '../contract.ts';
import { extract } from './extract.ts';
import { loadProfiles } from './profiles.ts';
import { deleteRaw, findSha256, listAccountProfiles, saveChunk, saveHead } from './store.ts';

/**
 * Reads a document's bytes into raw statements, kept chunk by chunk. Run again, it replaces what an earlier try has left.
 * A statement that cannot be read fails the whole document: nothing of a document is on the books unless all of it is understood.
 */
export const extractJob: DocumentJob = async (document_id, { tx, rules_folder, signal }) => {
  await deleteRaw(tx, document_id);
  const profiles = await loadProfiles(join(rules_folder, 'profiles'));
  const source = await openBlob(tx, await findSha256(tx, document_id));
  const of_accounts = (await listAccountProfiles(tx)).map(({ account, statement_profile: id }) => ({ account, id, profile: profiles.find((one) => one.id === id) }));
  let n = 0;
  const context = { profiles, of_accounts, passwords: Object.values(loadConfig().document_passwords), signal };
  for await (const part of keepAwake(tx, extract(source, context))) {
    signal.throwIfAborted();
    if (part.part === 'failed') throw new Failure(part.code, part.account === null ? part.message : `account ${part.account}: ${part.message}`, part.location);
    if (part.part === 'entries') await saveChunk(tx, document_id, n++, part.statement, part.entries);
    else await saveHead(tx, document_id, part.statement, part.head);
  }
  return { state: 'extracted' };
};
