import { Command } from 'commander';
import { reportFailure } from './session.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** Each command's module is loaded when it is asked for: `tieout extract` starts without a database driver, `--help` without anything. */
const COMMANDS: readonly { name: string; description: string; load: () => Promise<Command> }[] = [
  { name: 'run', description: 'submit documents, wait until all are finished, print the summary', load: async () => (await import('./run.ts')).runCommand() },
  { name: 'submit', description: 'submit documents without waiting', load: async () => (await import('./run.ts')).submitCommand() },
  { name: 'work', description: 'work on whatever is due, until stopped', load: async () => (await import('./run.ts')).workCommand() },
  { name: 'serve', description: 'the review queue in the browser, and the HTTP API', load: async () => (await import('./serve.ts')).serveCommand() },
  { name: 'users', description: 'who may sign in, and what they may do', load: async () => (await import('./users.ts')).usersCommand() },
  { name: 'review', description: 'the queue of entries that need a person', load: async () => (await import('./review.ts')).reviewCommand() },
  { name: 'explain', description: 'why an entry was decided as it was', load: async () => (await import('./explain.ts')).explainCommand() },
  { name: 'replay', description: 'recompute decisions from the log, and report what differs', load: async () => (await import('./replay.ts')).replayCommand() },
  { name: 'dead', description: 'documents that could not be worked on', load: async () => (await import('./dead.ts')).deadCommand() },
  { name: 'quarantine', description: 'statements that are off the books, and those issued again', load: async () => (await import('./quarantine.ts')).quarantineCommand() },
  { name: 'import', description: 'master data in', load: async () => (await import('./import.ts')).importCommand() },
  { name: 'export', description: 'decisions, journal, open items and log out', load: async () => (await import('./export.ts')).exportCommand() },
  { name: 'extract', description: 'print the statements in files as JSON, without a database', load: async () => (await import('./extract.ts')).extractCommand() },
  { name: 'rules', description: 'check the rules', load: async () => (await import('./rules.ts')).rulesCommand() },
  { name: 'automatic', description: 'whether what is certain is posted without a person', load: async () => (await import('./automatic.ts')).automaticCommand() },
  { name: 'schedule', description: 'what workers run by themselves', load: async () => (await import('./schedule.ts')).scheduleCommand() },
  { name: 'period', description: 'close months, and open them again', load: async () => (await import('./period.ts')).periodCommand() },
  { name: 'report', description: 'bank accounts: statement against ledger', load: async () => (await import('./report.ts')).reportCommand() },
  { name: 'log', description: 'verify the reconciliation log', load: async () => (await import('./log.ts')).logCommand() },
  { name: 'doctor', description: 'check configuration, services, invariants and chain', load: async () => (await import('./doctor.ts')).doctorCommand() },
  { name: 'migrate', description: 'bring the schema up to date', load: async () => (await import('./maintenance.ts')).migrateCommand() },
  { name: 'stop', description: 'stop the embedded Postgres', load: async () => (await import('./maintenance.ts')).stopCommand() },
];

const program = new Command('tieout')
  .description('Reads bank statements, proves that it has read them right, reconciles them with the invoices, and explains every decision.')
  .version(packageJson.version)
  // `review accept 17 --version 2` is the command's own option.
  .enablePositionalOptions()
  .addHelpText('after', `
Environment: DATABASE_URL, QUEUE_URL, TIEOUT_HOME, LOG_LEVEL, WORKER_CONCURRENCY, OIDC_CLIENT_SECRET (README.md, "Configuration").

Examples:
  tieout import accounts accounts.csv
  tieout run /srv/inbox
  tieout review list
  tieout COMMAND --help`);

// Whoever reads the output may have seen enough (`| head`): the command still ends as it should.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const asked = COMMANDS.find((command) => command.name === process.argv[2]);
try {
  if (asked) program.addCommand(await asked.load());
  else for (const { name, description } of COMMANDS) program.addCommand(new Command(name).description(description));
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}
