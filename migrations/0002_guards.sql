-- What must hold whatever the program does: balance, append-only tables, what each role may touch.

-- ── A journal entry has lines and balances, per currency and in the functional currency ──────────────────────────────────
-- The lines come first, then the entries; their statement is checked as a set, so 5,000 entries cost one query.
create function check_journal_entries_balance() returns trigger language plpgsql as $$
declare bad record;
begin
  select e.journal_entry_id, l.currency, count(l.n) as lines, sum(l.amount) as off into bad
    from added e left join journal_line l on l.journal_entry_id = e.journal_entry_id
   group by e.journal_entry_id, l.currency
  having count(l.n) = 0 or sum(l.amount) <> 0
   limit 1;
  if found then
    raise exception 'journal entry % does not balance: % lines in %, off by %', bad.journal_entry_id, bad.lines, bad.currency, bad.off
      using errcode = 'check_violation', constraint = 'journal_entry_balances';
  end if;
  select e.journal_entry_id, sum(l.base_amount) as off into bad
    from added e join journal_line l on l.journal_entry_id = e.journal_entry_id
   group by e.journal_entry_id
  having count(*) = count(l.base_amount) and sum(l.base_amount) <> 0
   limit 1;
  if found then
    raise exception 'journal entry % does not balance in the functional currency: off by %', bad.journal_entry_id, bad.off
      using errcode = 'check_violation', constraint = 'journal_entry_balances_in_base';
  end if;
  if exists (select from added e join period p on p.company = e.company and p.month = to_char(e.posting_date, 'YYYY-MM')) then
    raise exception 'posting into a closed period' using errcode = 'check_violation', constraint = 'period_open';
  end if;
  return null;
end $$;
create trigger journal_entries_balance after insert on journal_entry
  referencing new table as added for each statement execute function check_journal_entries_balance();

-- Lines come before their entry, in the same transaction (the deferred foreign key), and never after it.
create function take_journal_lines() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if exists (select from added a join journal_entry e on e.journal_entry_id = a.journal_entry_id) then
    raise exception 'a line for a journal entry that is complete' using errcode = 'check_violation', constraint = 'journal_entry_complete';
  end if;
  return null;
end $$;
create trigger journal_lines_taken after insert on journal_line
  referencing new table as added for each statement execute function take_journal_lines();

create function keep_ledger_balance() returns trigger language plpgsql security definer set search_path = public as $$
begin
  insert into ledger_balance as b (company, account, account_id, currency, balance)
  select e.company, l.account, coalesce(l.account_id, 0), l.currency, sum(l.amount)
    from added e join journal_line l on l.journal_entry_id = e.journal_entry_id
   group by 1, 2, 3, 4
   order by 1, 2, 3, 4
  on conflict (company, account, account_id, currency) do update set balance = b.balance + excluded.balance;
  return null;
end $$;
create trigger ledger_balance_kept after insert on journal_entry
  referencing new table as added for each statement execute function keep_ledger_balance();

-- ── Nothing is changed or deleted ────────────────────────────────────────────────────────────────────────────────────────
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege', hint = 'post a reversal, or supersede the decision';
end $$;
do $$
declare t text;
begin
  foreach t in array array['journal_entry', 'journal_line', 'log_record', 'allocation', 'ruleset', 'entry', 'task_failure', 'delivery'] loop
    execute format('create trigger append_only before update or delete on %I for each statement execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %I for each statement execute function refuse_change()', t);
  end loop;
  foreach t in array array['decision', 'log_tip', 'open_item', 'ledger_balance'] loop
    execute format('create trigger never_deleted before delete or truncate on %I for each statement execute function refuse_change()', t);
  end loop;
end $$;

-- A decision may only be superseded, once, by a later one of the same entry.
create function supersede_only() returns trigger language plpgsql as $$
begin
  if old.superseded_by is not null or new.superseded_by is null
     or to_jsonb(new) - 'superseded_by' is distinct from to_jsonb(old) - 'superseded_by' then
    raise exception 'decision % is final: only superseded_by may be set, once', old.decision_id using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger decision_superseded before update on decision for each row execute function supersede_only();

-- ── Who may do what in the database ──────────────────────────────────────────────────────────────────────────────────────
-- The roles exist already (the migrator makes them). None of them owns a table.
grant usage on schema public to tieout_worker, tieout_web, tieout_auditor;
grant select on all tables in schema public to tieout_worker, tieout_web, tieout_auditor;
revoke select on blob_chunk from tieout_auditor;
grant usage on all sequences in schema public to tieout_worker, tieout_web;

grant insert on journal_entry, journal_line, log_record, allocation, decision, ruleset to tieout_worker, tieout_web;
grant update (superseded_by) on decision to tieout_worker, tieout_web;
grant update on log_tip to tieout_worker, tieout_web;
grant update (open) on open_item to tieout_worker, tieout_web;
grant insert, update on review_item to tieout_worker, tieout_web;
grant update (mode, functional_currency, books_version) on company to tieout_worker, tieout_web;
grant insert, update, delete on rule_mode to tieout_worker, tieout_web;

-- The worker also brings in documents and master data and moves them through the stages.
grant insert on company, account, party, invoice, open_item, entry, statement, document, delivery, run, task, task_failure, dead_letter,
  raw_statement, raw_chunk, evidence_chunk, blob_chunk, schedule, master_data_finding to tieout_worker, tieout_web;
grant insert, delete on party_name, party_account, party_pays_for, invoice_key, invoice_shape to tieout_worker, tieout_web;
grant update on account, party, invoice, statement, document, run, task, dead_letter, schedule to tieout_worker, tieout_web;
grant update (amount) on open_item to tieout_worker, tieout_web;
grant delete on raw_statement, raw_chunk, evidence_chunk, schedule, master_data_finding to tieout_worker, tieout_web;
grant update on master_data_finding to tieout_worker, tieout_web;
