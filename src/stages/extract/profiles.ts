import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LineCounter, isNode, parseDocument } from 'yaml';
import { Failure } from '../../core/failure.ts';
import type { StatementProfile } from './profile.ts';
import { statementProfileSchema } from './profile.ts';

/**
 * Loads the statement profiles of a folder, one per `*.yaml`, in the order of their file names; none when the folder does not exist.
 * Throws `configuration` naming file and line of everything that is wrong in the first wrong file.
 */
export async function loadProfiles(folder: string): Promise<StatementProfile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = new Map<string, string>();
  const profiles: StatementProfile[] = [];
  for (const name of names.filter((n) => n.endsWith('.yaml')).toSorted()) {
    const path = join(folder, name);
    const profile = parseProfile(await readFile(path, 'utf8'), path);
    const other = files.get(profile.id);
    if (other !== undefined) throw new Failure('configuration', `${path}: the profile id "${profile.id}" is taken by ${other}; ids are unique`);
    files.set(profile.id, path);
    profiles.push(profile);
  }
  return profiles;
}

/** Parses one profile; `path` only names the file in messages. */
function parseProfile(text: string, path: string): StatementProfile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new Failure('configuration', document.errors.map((e) => `${path}:${lineCounter.linePos(e.pos[0]).line}: ${e.message}`).join('\n'));
  }
  const parsed = statementProfileSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new Failure('configuration', parsed.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    return `${path}:${lineOf([...issue.path, ...unknown])}: ${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`;
  }).join('\n'));

  /** The line of a value, or where it is missing of what should hold it. */
  function lineOf(keys: readonly PropertyKey[]): number {
    for (let depth = keys.length; depth >= 0; depth--) {
      const node = document.getIn(keys.slice(0, depth), true);
      if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line;
    }
    return 1;
  }
}
