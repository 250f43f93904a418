-- What must hold whatever the program does: balance, append-only tables, what each role may touch.

-- ── A journal entry has lines and balances, per currency and in the functional currency ──────────────────────────────────
-- The lines come first, then the entries; their statement is checked as a set, so 5,000 entries cost one query.
-- The kept balances are the same lines added up by account: one reading serves both.
create function take_journal_entries() returns trigger language plpgsql security definer
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
      from lines group by journal_entry_id having count(*) = count(base_amount) and sum(base_amount) <> 0) wrong limit 1;
  if found then
    raise exception 'journal entry % does not balance: %', bad.journal_entry_id, bad.detail using errcode = 'check_violation', constraint = bad.constraint_name;
  end if;
  if exists (select from added e join period p on p.company = e.company and p.month = to_char(e.posting_date, 'YYYY-MM')) then
    raise exception 'posting into a closed period' using errcode = 'check_violation', constraint = 'period_open';
  end if;
  return null;
end $$;
create trigger journal_entries_taken after insert on journal_entry
  referencing new table as added for each statement execute function take_journal_entries();

-- Lines come before their entry, in the same transaction (the deferred foreign key), and never after it.
create function take_journal_lines() returns trigger language plpgsql security definer
  set search_path = public set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (select from added a join journal_entry e on e.journal_entry_id = a.journal_entry_id) then
    raise exception 'a line for a journal entry that is complete' using errcode = 'check_violation', constraint = 'journal_entry_complete';
  end if;
  return null;
end $$;
create trigger journal_lines_taken after insert on journal_line
  referencing new table as added for each statement execute function take_journal_lines();

-- ── What a row names is there ─────────────────────────────────────────────────────────────────────────────────────────────
-- Foreign keys as sets: arguments are pairs of a column and the table whose key it names. The plans go by index whatever the statistics
-- say, so that a chunk costs the same in a large ledger.
create function check_references() returns trigger language plpgsql security definer
  set search_path = public set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare missing text; key text;
begin
  for i in 0 .. tg_nargs - 1 by 2 loop
    key := case when tg_argv[i + 1] = 'ruleset' then 'version' else tg_argv[i + 1] || '_id' end;
    execute format('select a.%1$I::text from (select distinct %1$I from added where %1$I is not null) a
                     where not exists (select from %2$I r where r.%3$I = a.%1$I) limit 1', tg_argv[i], tg_argv[i + 1], key) into missing;
    if missing is not null then
      raise exception '% names % %, which is not there', tg_table_name, tg_argv[i], missing
        using errcode = 'foreign_key_violation', constraint = format('%s_%s_reference', tg_table_name, tg_argv[i]);
    end if;
  end loop;
  return null;
end $$;
create trigger references_checked after insert on decision referencing new table as added
  for each statement execute function check_references('entry_id', 'entry', 'ruleset', 'ruleset');
create trigger references_checked after insert on allocation referencing new table as added
  for each statement execute function check_references('decision_id', 'decision', 'invoice_id', 'invoice');
create trigger references_checked after insert on review_item referencing new table as added
  for each statement execute function check_references('entry_id', 'entry', 'decision_id', 'decision');
create trigger references_checked after insert on journal_entry referencing new table as added
  for each statement execute function check_references('entry_id', 'entry', 'decision_id', 'decision', 'invoice_id', 'invoice');

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
  foreach t in array array['decision', 'log_tip', 'open_item', 'ledger_balance', 'invoice', 'statement', 'document'] loop
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
