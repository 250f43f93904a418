import { resolve } from 'node:path';
import { Command } from 'commander';
import { listSchedules, removeSchedule, setSchedule } from '../pipeline/schedule.ts';
import { formatTable, printJson, withDatabase } from './session.ts';

/** `tieout schedule`: what `tieout work` runs by itself. */
export function scheduleCommand(): Command {
  const command = new Command('schedule').description('what workers run by themselves, such as the nightly batch')
    .addHelpText('after', '\nExamples:\n  tieout schedule set nightly --cron "0 2 * * *" --tz Europe/Berlin --inbox /srv/inbox\n  tieout schedule list');
  command.command('set').description('create or change a schedule')
    .argument('<name>', 'such as nightly')
    .requiredOption('--cron <expression>', 'five or six cron fields')
    .requiredOption('--tz <zone>', 'IANA time zone of the cron fields and of the business date')
    .requiredOption('--inbox <folder>', 'the folder that is submitted')
    .addHelpText('after', `
A schedule runs once per business date, however often its job is delivered.

Example:
  tieout schedule set nightly --cron '0 2 * * *' --tz Europe/Berlin --inbox /srv/inbox`)
    .action((name: string, options: { cron: string; tz: string; inbox: string }) => withDatabase('web', async ({ db }) => {
      await setSchedule(db, { name, cron: options.cron, tz: options.tz, inbox: resolve(options.inbox) });
      const set = (await listSchedules(db)).find((schedule) => schedule.name === name)!;
      process.stdout.write(`${name}: next at ${set.next_at}, by any tieout work\n`);
    }));
  command.command('list').description('list the schedules').option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  tieout schedule list')
    .action((options: { json?: boolean }) => withDatabase('auditor', async ({ db }) => {
      const schedules = await listSchedules(db);
      if (options.json) return printJson(schedules);
      if (schedules.length === 0) return void process.stdout.write('no schedules\n');
      process.stdout.write(`${formatTable([['NAME', 'CRON', 'ZONE', 'INBOX', 'NEXT'], ...schedules.map((one) => [one.name, one.cron, one.tz, one.inbox, one.next_at])])}\n`);
    }));
  command.command('remove').description('remove a schedule').argument('<name>')
    .addHelpText('after', '\nExample:\n  tieout schedule remove nightly')
    .action((name: string) => withDatabase('web', async ({ db }) => {
      await removeSchedule(db, name);
      process.stdout.write(`${name} removed\n`);
    }));
  return command;
}
