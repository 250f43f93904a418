-- What is open is looked at again when the books, the master data or the rules have moved on since it was last held against them.
-- Books version, ruleset and modes of that time, as one text; null until the first time.
alter table company add column rematched text;
grant update (rematched) on company to tieout_worker, tieout_web;

-- A direct debit that comes back may name its mandate alone.
create index on entry (mandate_id) where mandate_id is not null;

-- A journal entry balances in the functional currency over all of its lines that are worth something in it, not only where all are.
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
