import { compareAccounts } from '../../core/account.ts';
import { Failure } from '../../core/failure.ts';
import type { RawPart } from '../../core/statement.ts';
import type { StatementProfile } from './profile.ts';

/** An account whose statements are to be read with a profile (statement_profile of the accounts). */
export interface AccountProfile {
  readonly account: string;
  /** The id that the account names, and the profile, unless there is none of that id. */
  readonly id: string;
  readonly profile: StatementProfile | undefined;
}

/** The readers, and formats, that profiles are for. */
export const PROFILED: ReadonlySet<string> = new Set<StatementProfile['format']>(['csv', 'pdf', 'qif']);

/**
 * The profile with which a document is to be read because its account names it; undefined where none does. The account is what the document
 * itself prints: as it is read without any force or, where that leaves the reading open, under the one profile that brings to light an
 * account that names it. A profile's own `account` proves nothing here. Throws `configuration` where the account names a profile that is not there.
 */
export async function findAccountProfile(
  read: (profiles: readonly StatementProfile[]) => AsyncIterable<RawPart>, profiles: readonly StatementProfile[], named: readonly AccountProfile[],
): Promise<StatementProfile | undefined> {
  try {
    const own = await accountsRead(read(profiles.map(withoutAccount)));
    const found = named.find(({ account, profile }) => names(own, account) && (profile === undefined || own.formats.includes(profile.format)));
    if (found === undefined) return undefined;
    if (found.profile === undefined) {
      throw new Failure('configuration', `the account ${found.account} names the statement profile "${found.id}", which is not in rules/profiles/; write it, or correct the account`);
    }
    return forced(found.profile);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'ambiguous') throw error;
  }
  const fitting: StatementProfile[] = [];
  for (const profile of new Set(named.flatMap((one) => one.profile ?? []))) {
    const under = await accountsRead(read([forced(withoutAccount(profile))])).catch((error: unknown) => {
      if (error instanceof Failure && error.code !== 'bug') return null;
      throw error;
    });
    if (under !== null && named.some((one) => one.profile === profile && names(under, one.account))) fitting.push(profile);
  }
  return fitting.length === 1 ? forced(fitting[0]!) : undefined;
}

interface AccountsRead { formats: string[]; accounts: string[] }

async function accountsRead(parts: AsyncIterable<RawPart>): Promise<AccountsRead> {
  const found: AccountsRead = { formats: [], accounts: [] };
  for await (const part of parts) {
    if (part.part !== 'end') continue;
    found.formats.push(part.head.format);
    if (part.head.account !== null) found.accounts.push(part.head.account);
  }
  return found;
}

function names({ accounts }: AccountsRead, account: string): boolean {
  return accounts.some((printed) => compareAccounts(printed, account) === 'same');
}

/** Applies to any document: its first lines contain the empty text. */
function forced(profile: StatementProfile): StatementProfile {
  return { ...profile, match: { text: '' } };
}

function withoutAccount(profile: StatementProfile): StatementProfile {
  return { ...profile, account: undefined };
}
