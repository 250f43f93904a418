import { Command, Option } from 'commander';
import { text } from 'node:stream/consumers';
import { Failure } from '../core/failure.ts';
import { hashPassword } from '../api/password.ts';
import { createSignInToken } from '../api/principal.ts';
import { signInUrl } from '../api/people.ts';
import { ROLES } from '../review/rights.ts';
import { transaction } from '../platform/database.ts';
import { changeUser, createUser, type UserFields } from '../review/users.ts';
import { actingUser, formatTable, printJson, withDatabase } from './session.ts';

interface UserOptions { name?: string; role?: string[]; company?: string[]; allCompanies?: boolean; limit?: string[]; oidcSubject?: string; passwordStdin?: boolean; disable?: boolean; enable?: boolean }

const PASSWORD_MIN = 12;

/** `tieout users`: who may sign in to the pages. */
export function usersCommand(): Command {
  const command = new Command('users').description('who may sign in, and what they may do')
    .addHelpText('after', '\nExamples:\n  tieout users add anna --role analyst --company default\n  tieout users list');
  command.command('list').description('list the users').option('--json', 'print one JSON array')
    .addHelpText('after', '\nExample:\n  tieout users list')
    .action((options: { json?: boolean }) => withDatabase('web', async ({ db }) => {
      const users = await db.kysely.selectFrom('app_user').select(['user_id', 'name', 'roles', 'companies', 'disabled']).orderBy('user_id').execute();
      if (options.json) return printJson(users);
      process.stdout.write(`${formatTable([['USER', 'NAME', 'ROLES', 'COMPANIES', ''], ...users.map((user) => [user.user_id, user.name, user.roles.join(', '), user.companies?.join(', ') ?? 'all', user.disabled ? 'disabled' : ''])])}\n`);
    }));
  fields(command.command('add').description('add a user').argument('<user>', 'short name, as the log will have it'))
    .addHelpText('after', '\nExamples:\n  tieout users add anna --role analyst --company default\n  tieout users add root --role admin --password-stdin < password.txt')
    .action((user: string, options: UserOptions) => withDatabase('web', async ({ db }) => {
      if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(user)) throw new Failure('invalid_input', `"${user}" must begin with a letter or digit and hold a-z, 0-9, dot, dash, underscore`);
      await transaction(db, async (tx) => createUser(tx, actingUser(), user, await fieldsOf(options)));
      process.stdout.write(`${user} added\n`);
    }));
  fields(command.command('change').description('change what is given; sessions end when a role or a company is taken away').argument('<user>'))
    .option('--disable', 'keep the user out').option('--enable', 'let the user in again')
    .addHelpText('after', '\nExamples:\n  tieout users change anna --role analyst approver\n  tieout users change anna --disable')
    .action((user: string, options: UserOptions) => withDatabase('web', async ({ db }) => {
      await transaction(db, async (tx) => changeUser(tx, actingUser(), user, await fieldsOf(options)));
      process.stdout.write(`${user} changed\n`);
    }));
  command.command('link').description('print a link that signs a user in once, where tieout serve runs on this machine alone').argument('<user>').option('--port <n>', 'port of tieout serve', '8480')
    .addHelpText('after', '\nExample:\n  tieout users link anna')
    .action((user: string, options: { port: string }) => withDatabase('web', async ({ db }) => {
      const known = await db.kysely.selectFrom('app_user').select('disabled').where('user_id', '=', user).executeTakeFirst();
      if (!known || known.disabled) throw new Failure('not_found', `there is no user ${user} who could sign in`);
      const { token } = await transaction(db, (tx) => createSignInToken(tx, user, actingUser()));
      process.stdout.write(`${signInUrl(`http://127.0.0.1:${options.port}`, token)}\n`);
    }));
  return command;
}

function fields(command: Command): Command {
  return command.option('--name <text>', 'full name').addOption(new Option('--role <role...>', 'what they may do').choices([...ROLES]))
    .option('--company <id...>', 'companies that they see').option('--all-companies', 'they see all companies')
    .option('--limit <currency=amount,write-off...>', 'up to where they decide alone, such as EUR=20000.00,50.00')
    .option('--oidc-subject <subject>', 'who they are at the identity provider').option('--password-stdin', 'read their password from standard input');
}

async function fieldsOf(options: UserOptions): Promise<UserFields> {
  const password = options.passwordStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : null;
  if (password !== null && password.length < PASSWORD_MIN) throw new Failure('invalid_input', `a password has at least ${PASSWORD_MIN} characters`);
  return {
    ...(options.name !== undefined && { name: options.name }), ...(options.role && { roles: options.role }), ...(options.company && { companies: options.company }), ...(options.allCompanies && { companies: null }),
    ...(options.limit && { limits: options.limit.map(parseLimit) }), ...(options.oidcSubject !== undefined && { oidc_subject: options.oidcSubject }),
    ...(password !== null && { password_hash: await hashPassword(password) }), ...((options.disable || options.enable) && { disabled: options.disable === true }),
  };
}

function parseLimit(given: string): { currency: string; amount: string; write_off: string } {
  const [, currency, amount, write_off] = /^([A-Z]{3})=([\d.]+),([\d.]+)$/.exec(given) ?? [];
  if (currency === undefined) throw new Failure('invalid_input', `"${given}" is no limit; write CURRENCY=AMOUNT,WRITE-OFF, such as EUR=20000.00,50.00`);
  return { currency, amount: amount!, write_off: write_off! };
}
