import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

/** What the pages and the helps tell to type is there: commands, subcommands, options, and the files and headings behind links. */
const ROOT = resolve(import.meta.dirname, '../..');
const CLI = join(ROOT, 'src/cli');
const PAGES = ['README.md', 'CHANGELOG.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

// The programs themselves run when they are imported.
const PROGRAMS = ['main.ts', 'start.ts'];
const modules = await Promise.all(readdirSync(CLI).filter((name) => !PROGRAMS.includes(name)).map((name) => import(join(CLI, name)) as Promise<Record<string, unknown>>));
const commands = new Map(modules.flatMap((module) => Object.entries(module))
  .filter(([name, value]) => name.endsWith('Command') && typeof value === 'function').map(([, make]) => (make as () => Command)()).map((command) => [command.name(), command]));

/** What stands in code, and begins with the program: `tieout …` or `VARIABLE=… npx tieout …`. */
function commandLines(text: string): string[] {
  const code = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap((block) => block[1]!.split('\n'))
    .concat([...text.matchAll(/`([^`\n]+)`/g)].map((span) => span[1]!));
  return code.flatMap((line) => /^(?:[A-Z_]+=\S+ )*(?:npx )?tieout (.+)$/.exec(line.trim())?.[1] ?? []);
}

/** The words of a shell's line up to a pipe, a redirection or a comment; brackets of a synopsis are left out. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!.replace(/^\[|\]$/g, ''));
  const end = words.findIndex((word) => /^[|>#]/.test(word));
  return (end < 0 ? words : words.slice(0, end)).filter((word) => word !== '--help' && word !== '…');
}

/** What is wrong with a command line, or null. */
function faultOf(line: string): string | null {
  const [name, ...rest] = wordsOf(line);
  if (name === 'COMMAND' || name === undefined) return null;
  let command = commands.get(name);
  if (!command) return `there is no command ${name}`;
  while (command.commands.length > 0 && rest.length > 0) {
    // `accounts|parties` stands for each of them.
    const wanted: string[] = rest.shift()!.split('|');
    const found: (Command | undefined)[] = wanted.map((one) => command!.commands.find((sub) => sub.name() === one));
    if (found.includes(undefined)) return `${command.name()} has no ${wanted[found.indexOf(undefined)]}`;
    command = found[0]!;
  }
  for (const word of rest.filter((one) => one.startsWith('--'))) {
    if (!command.options.some((option) => option.long === word)) return `${command.name()} has no ${word}`;
  }
  const options = rest.flatMap((word, i) => command.options.filter((option) => option.long === word).map((option) => ({ option, value: rest[i + 1] })));
  for (const { option, value } of options) {
    if (option.argChoices && !value?.split('|').every((one) => option.argChoices!.includes(one))) return `${option.long} takes no ${value}`;
  }
  return null;
}

function faultsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const fault = faultOf(line);
    return fault === null ? [] : [`tieout ${line}: ${fault}`];
  });
}

/** The help of a command and of all below it, with its examples. */
function helpsOf(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => { help += text; } }).outputHelp();
  return [help, ...command.commands.flatMap(helpsOf)];
}

/** The anchors that a page's headings have. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((heading) => heading[1]!.toLowerCase().replace(/[^\p{L}\d\s-]/gu, '').replaceAll(' ', '-'));
}

describe('commands', () => {
  it('are all known to this test and to the program', () => {
    const known = [...textOf('src/cli/main.ts').matchAll(/\{ name: '([a-z]+)'/g)].map((match) => match[1]!);
    expect([...commands.keys()].toSorted()).toEqual(known.toSorted());
  });

  it.each(PAGES)('in %s exist with their options', (page) => {
    expect(faultsOf(commandLines(textOf(page)))).toEqual([]);
  });

  it('in the helps exist with their options', () => {
    const examples = [...commands.values()].flatMap(helpsOf).flatMap((help) => [...help.matchAll(/^ {2}(?:\$ )?(?:[A-Z_]+=\S+ )*tieout (.+)$/gm)].map((match) => match[1]!));
    expect(examples.length).toBeGreaterThan(40);
    expect(faultsOf(examples)).toEqual([]);
  });

  it('are told from what does not exist', () => {
    expect(faultOf('review accept 17 --suggestion 2')).toBeNull();
    expect(faultOf('export journal --format hledger | hledger -f- balance --tree')).toBeNull();
    expect(faultOf('revue list')).toBe('there is no command revue');
    expect(faultOf('import accounts|invoces FILE.csv')).toBe('import has no invoces');
    expect(faultOf('run PATH… [--jsn]')).toBe('run has no --jsn');
    expect(faultOf('export log --format hledger')).toBe('--format takes no hledger');
  });
});

describe('links', () => {
  it.each(PAGES)('in %s lead to files and headings that are there', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((link) => !link.includes('://'));
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchorsOf(textOf(target)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});
