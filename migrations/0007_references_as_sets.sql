-- What was left of foreign keys on rows of which there are millions: a trigger's event per row, also where the column is null, and an index
-- entry per row for a column that is nearly always null. The same is checked as sets now.

-- ── A reversal names what it reverses, once ──────────────────────────────────────────────────────────────────────────────
alter table journal_entry drop constraint journal_entry_reverses_fkey, drop constraint journal_entry_reverses_key, drop constraint journal_entry_statement_id_fkey;
create unique index journal_entry_reversed_once on journal_entry (reverses) where reverses is not null;
alter table decision drop constraint decision_duplicate_of_fkey, drop constraint decision_returns_fkey, drop constraint decision_supersedes_fkey;

drop trigger references_checked on journal_entry;
create trigger references_checked after insert on journal_entry referencing new table as added for each statement
  execute function check_references('entry_id', 'entry', 'decision_id', 'decision', 'invoice_id', 'invoice', 'statement_id', 'statement', 'reverses', 'journal_entry');
drop trigger references_checked on decision;
create trigger references_checked after insert on decision referencing new table as added for each statement
  execute function check_references('entry_id', 'entry', 'ruleset', 'ruleset', 'duplicate_of', 'entry', 'returns', 'decision', 'supersedes', 'decision');

-- ── Every line has its entry ─────────────────────────────────────────────────────────────────────────────────────────────
-- Lines come before their entries. What a transaction has added of lines, less what its entries have taken, is nothing at its commit: a
-- line is taken by one entry, and none is added to an entry that is complete, so a line that is left over has no entry.
alter table journal_line drop constraint journal_line_journal_entry_id_fkey;
create table line_count (
  transaction_id xid8 not null default pg_current_xact_id(),
  lines bigint not null
);

create function check_line_count() returns trigger language plpgsql security definer set search_path = public as $$
declare left_over bigint;
begin
  select sum(lines) into left_over from line_count where transaction_id = pg_current_xact_id();
  if left_over <> 0 then
    raise exception '% journal lines without their journal entry', left_over using errcode = 'foreign_key_violation', constraint = 'journal_line_entry';
  end if;
  delete from line_count where transaction_id = pg_current_xact_id();
  return null;
end $$;
create constraint trigger line_count_is_nothing after insert on line_count deferrable initially deferred
  for each row execute function check_line_count();

create or replace function take_journal_lines() returns trigger language plpgsql security definer
  set search_path = public set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (select from added a join journal_entry e on e.journal_entry_id = a.journal_entry_id) then
    raise exception 'a line for a journal entry that is complete' using errcode = 'check_violation', constraint = 'journal_entry_complete';
  end if;
  insert into line_count (lines) select count(*) from added having count(*) > 0;
  return null;
end $$;

-- And a journal entry balances in the functional currency over all of its lines that are worth something in it, not only where all are.
create or replace function take_journal_entries() returns trigger language plpgsql security definer
  set search_path = public set enable_hashjoin = off set enable_mergejoin = off as $$
declare bad record;
begin
  with lines as materialized (
    select e.journal_entry_id, e.company, l.n, l.account, l.account_id, l.currency, l.amount, l.base_amount
      from added e left join journal_line l on l.journal_entry_id = e.journal_entry_id
  ), kept as (
    insert into ledger_balance as b (company, account, account_id, currency, balance)
    select company, account, coalesce(account_id, 0), currency, sum(amount) from lines where n is not null group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (company, account, account_id, currency) do update set balance = b.balance + excluded.balance
  ), taken as (
    insert into line_count (lines) select -count(n) from lines having count(n) > 0
  )
  select * into bad from (
    select journal_entry_id, 'journal_entry_balances' as constraint_name, format('%s lines in %s, off by %s', count(n), currency, sum(amount)) as detail
      from lines group by journal_entry_id, currency having count(n) = 0 or sum(amount) <> 0
    union all
    select journal_entry_id, 'journal_entry_balances_in_base', format('off by %s in the functional currency', sum(base_amount))
      from lines group by journal_entry_id having sum(base_amount) <> 0) wrong limit 1;
  if found then
    raise exception 'journal entry % does not balance: %', bad.journal_entry_id, bad.detail using errcode = 'check_violation', constraint = bad.constraint_name;
  end if;
  if exists (select from added e join period p on p.company = e.company and p.month = to_char(e.posting_date, 'YYYY-MM')) then
    raise exception 'posting into a closed period' using errcode = 'check_violation', constraint = 'period_open';
  end if;
  return null;
end $$;
