import { hash, verify } from '@node-rs/argon2';
import { sql } from 'kysely';
import { Failure } from '../core/failure.ts';
import type { Database } from '../platform/database.ts';

/** Passwords of local users: Argon2id (RFC 9106) with the library's parameters, 19 MiB and two passes. */

// Guessing goes from five a minute to one an hour; who mistypes waits a minute.
const FREE_ATTEMPTS = 5;
const LONGEST_LOCK_MINUTES = 60;
// Verified for users who are not there, so that the time does not tell who is.
const NOBODY = await hash('nobody has this password');

export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

/** The user whose password it is. Throws not_signed_in, and too_many_attempts while the user is locked; the first tells nobody whether the user exists. */
export async function verifyPassword(db: Database, user_id: string, password: string): Promise<void> {
  // The attempt is counted before it is looked at: who sends a hundred at once has not a hundred.
  const { rows: [taken] } = await sql<{ password_hash: string | null; disabled: boolean }>`
    update app_user set failed_sign_ins = failed_sign_ins + 1,
        locked_until = case when failed_sign_ins + 1 >= ${FREE_ATTEMPTS} then now() + make_interval(mins => least(${LONGEST_LOCK_MINUTES}, power(2, least(failed_sign_ins + 1 - ${FREE_ATTEMPTS}, 10))::int)) end
       where user_id = ${user_id} and (locked_until is null or locked_until <= now()) returning password_hash, disabled`.execute(db.kysely);
  if (!taken) {
    const { rows: [locked] } = await sql<{ wait_s: number }>`select greatest(1, ceil(extract(epoch from locked_until - now())))::int as wait_s from app_user where user_id = ${user_id}`.execute(db.kysely);
    if (locked) throw new Failure('too_many_attempts', `too many attempts; try again in ${locked.wait_s} seconds`);
  }
  const right = await verify(taken?.password_hash ?? NOBODY, password);
  if (taken?.password_hash && right && !taken.disabled) {
    await sql`update app_user set failed_sign_ins = 0, locked_until = null where user_id = ${user_id}`.execute(db.kysely);
    return;
  }
  throw new Failure('not_signed_in', 'the user or the password is wrong');
}
