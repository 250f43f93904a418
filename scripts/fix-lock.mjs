// Completes package-lock.json after a change of dependencies. npm leaves out optional packages of other systems that the registry at hand
// does not carry, and `npm ci` then refuses the lockfile as incomplete ("Missing: … from lock file"). Adds an entry for each of them that
// no system at hand installs. Run: node scripts/fix-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
const SYSTEMS = { darwin: 'darwin', win32: 'win32', windows: 'win32', linux: 'linux', linuxmusl: 'linux', android: 'android', freebsd: 'freebsd',
  openbsd: 'openbsd', netbsd: 'netbsd', sunos: 'sunos', aix: 'aix', openharmony: 'openharmony', wasm32: 'wasi', wasi: 'wasi' };
const PROCESSORS = new Set(['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'ppc64le', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32']);

const lock = JSON.parse(readFileSync(LOCKFILE, 'utf8'));
const { packages } = lock;
const added = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const version = range.replace(/^[\^~]/, '');
    if (isThere(path, name) || !/^\d/.test(version)) continue;
    packages[`node_modules/${name}`] = stub(name, version, entry.dev);
    added.push(name);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b)));
writeFileSync(LOCKFILE, JSON.stringify(lock, null, 2) + '\n');
console.log(added.length === 0 ? 'package-lock.json is complete' : `added: ${added.join(', ')}`);

/** As Node resolves it: in the package's own node_modules or in one further up. */
function isThere(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

/** System and processor stand in such packages' names; `none`, where they do not, is no system at all. */
function stub(name, version, dev) {
  const words = name.split(/[-/]/);
  return {
    version,
    cpu: [words.find((word) => PROCESSORS.has(word)) ?? 'none'],
    ...(dev ? { dev: true } : {}),
    optional: true,
    os: [words.map((word) => SYSTEMS[word]).find(Boolean) ?? 'none'],
    ...(name.includes('musl') ? { libc: ['musl'] } : {}),
  };
}
