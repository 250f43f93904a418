import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../src/platform/config.ts';

const FOLDER = join(PROJECT_ROOT, 'src/cli');

function* withBelow(command: Command, path: string): Generator<[string, Command]> {
  yield [path, command];
  for (const below of command.commands) yield* withBelow(below, `${path} ${below.name()}`);
}

const commands: [string, Command][] = [];
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== 'main.ts' && name !== 'start.ts')) {
  const exported = await import(join(FOLDER, file)) as Record<string, unknown>;
  for (const [name, make] of Object.entries(exported)) {
    if (!name.endsWith('Command') || typeof make !== 'function' || make.length > 0) continue;
    const command = make() as Command;
    commands.push(...withBelow(command, command.name()));
  }
}

describe('--help', () => {
  it('is there for every command of the main program', () => expect(commands.filter(([path]) => !path.includes(' '))).toHaveLength(22));

  it.each(commands)('of %s has examples', (path, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    const [, examples] = help.split(/^Examples?:$/m);
    expect(examples).toMatch(new RegExp(`^  .*tieout ${path.split(' ')[0]!}\\b`, 'm'));
  });
});
