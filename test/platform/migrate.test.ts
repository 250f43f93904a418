import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/platform/database.ts';
import { migrateToLatest, pendingMigrations } from '../../src/platform/migrate.ts';
import { openPool } from '../../src/platform/pool.ts';
import { cloneDatabase } from '../helpers/database.ts';

const empty = await cloneDatabase('template0');
const url = empty.config.database_url!;
const login = openPool(url, null, 2);
afterAll(async () => {
  await login.end();
  await empty.drop();
});

test('a database of others that is behind is left alone, and the message says what to run', async () => {
  await expect(openDatabase(empty.config, 'worker')).rejects.toMatchObject({ code: 'configuration', message: expect.stringMatching(/0001_schema.*tieout migrate/) });
});

test('several programs may migrate at once; each migration runs once', async () => {
  const ran = await Promise.all([1, 2, 3].map(() => migrateToLatest(url)));
  expect(new Set(ran.flat()).size).toBe(ran.flat().length);
  expect(ran.flat()).toContain('0001_schema');
  await expect(migrateToLatest(url)).resolves.toEqual([]);
  await expect(pendingMigrations(login)).resolves.toEqual([]);
});

test('the tables belong to tieout_owner, and no other role may make or drop one', async () => {
  const { rows } = await login.query(`select distinct tableowner from pg_tables where schemaname = 'public'`);
  expect(rows).toEqual([{ tableowner: 'tieout_owner' }]);
  const worker = await openDatabase(empty.config, 'worker');
  await expect(worker.pool.query('create table mine (n int)')).rejects.toMatchObject({ code: '42501' });
  await expect(worker.pool.query('drop table log_record')).rejects.toMatchObject({ code: '42501' });
  await expect(worker.pool.query('delete from journal_entry')).rejects.toMatchObject({ code: '42501' });
  await worker.close();
});

test('a login without the rights is told the SQL that an administrator must run, and that SQL is enough', async () => {
  const plain = await cloneDatabase('template0');
  const plain_url = new URL(plain.config.database_url!);
  const name = `plain_${plain_url.pathname.slice(-8)}`;
  const admin = openPool(plain_url.href, null, 1);
  onTestFinished(async () => {
    await admin.end();
    await plain.drop();
    await login.query(`drop role ${name}`);
  });
  await admin.query(`create role ${name} login password 'secret'`);
  plain_url.username = name;
  plain_url.password = 'secret';
  const message = await migrateToLatest(plain_url.href).then(() => '', (error: Error) => error.message);
  expect(message).toContain(`grant tieout_owner, tieout_worker, tieout_web, tieout_auditor to ${name};`);
  const statements = message.split('\n').slice(1).filter((line) => !line.includes('create role'));
  await admin.query(statements.join('\n'));
  await expect(migrateToLatest(plain_url.href)).resolves.toContain('0001_schema');
});
