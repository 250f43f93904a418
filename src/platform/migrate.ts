import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator, type MigrationProvider } from 'kysely/migration';
import pg from 'pg';
import { Failure } from '../core/failure.ts';
import { PROJECT_ROOT } from './config.ts';
import { failureOf } from './database-errors.ts';
import { assertServer, openPool, ROLES } from './pool.ts';

/** The schema of migrations/*.sql, in the order of their names, each once; and the roles it grants rights to. */

const MIGRATIONS_FOLDER = join(PROJECT_ROOT, 'migrations');

/**
 * Makes the roles where they are missing, then runs what is pending in one transaction as `tieout_owner`. Safe to run several times at
 * once. Returns the names of the migrations it ran; throws Failure('configuration') with the SQL an administrator must run where the
 * login lacks the rights.
 */
export async function migrateToLatest(url: string): Promise<string[]> {
  await prepareRoles(url);
  const pool = openPool(url, 'owner', 2);
  try {
    const { error, results } = await new Migrator({ db: new Kysely({ dialect: new PostgresDialect({ pool }) }), provider: PROVIDER }).migrateToLatest();
    if (error) throw failureOf(error);
    return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
  } finally {
    await pool.end();
  }
}

/** The names of the migrations that the database lacks: all of them where it is empty. Works in any role. */
export async function pendingMigrations(pool: pg.Pool): Promise<string[]> {
  const names = await migrationNames();
  try {
    const { rows } = await pool.query<{ name: string }>('select name from kysely_migration');
    const done = new Set(rows.map((row) => row.name));
    return names.filter((name) => !done.has(name));
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code : null;
    if (code === ROLE_DOES_NOT_EXIST || code === TABLE_DOES_NOT_EXIST) return names;
    throw error;
  }
}

const ROLE_DOES_NOT_EXIST = '22023';
const TABLE_DOES_NOT_EXIST = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

// The key of the advisory lock; any number that nothing else in the database uses.
const PREPARING = 8_433_688;

async function prepareRoles(url: string): Promise<void> {
  const pool = openPool(url, null, 1);
  try {
    await assertServer(pool);
    // The pool's one connection keeps the lock to its end: Postgres refuses one of two grants of the same thing at the same time.
    await pool.query('select pg_advisory_lock($1)', [PREPARING]);
    for (const role of ROLES) await prepareRole(pool, `tieout_${role}`);
    await pool.query(`do $$ begin
      if not has_schema_privilege('tieout_owner', 'public', 'create with grant option') then
        grant all on schema public to tieout_owner with grant option;
      end if;
    end $$`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw failureOf(error);
    const { rows: [login] } = await pool.query<{ name: string }>('select quote_ident(session_user) as name');
    throw new Failure('configuration', `the login of DATABASE_URL may not prepare the database (${error.message}); an administrator must run there:\n${
      administratorsSql(login!.name)}`, null, error);
  } finally {
    await pool.end();
  }
}

/** Roles are the whole server's: another database may be prepared at the same time, and whoever comes second finds the role there. */
async function prepareRole(pool: pg.Pool, role: string): Promise<void> {
  await pool.query(`do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
  exception when duplicate_object or unique_violation then null;
  end $$`);
  try {
    await pool.query(`set role ${role}`);
    await pool.query('reset role');
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error;
    await pool.query(`grant ${role} to session_user`);
  }
}

function administratorsSql(login: string): string {
  return [
    ...ROLES.map((role) => `  create role tieout_${role} nologin;`),
    `  grant ${ROLES.map((role) => `tieout_${role}`).join(', ')} to ${login};`,
    '  grant all on schema public to tieout_owner with grant option;',
  ].join('\n');
}

async function migrationNames(): Promise<string[]> {
  return (await readdir(MIGRATIONS_FOLDER)).filter((file) => file.endsWith('.sql')).map((file) => parse(file).name).toSorted();
}

const PROVIDER: MigrationProvider = {
  async getMigrations() {
    const names = await migrationNames();
    const texts = await Promise.all(names.map((name) => readFile(join(MIGRATIONS_FOLDER, `${name}.sql`), 'utf8')));
    return Object.fromEntries(names.map((name, i) => [name, { up: async (db: Kysely<unknown>) => void await sql.raw(texts[i]!).execute(db) }]));
  },
};
