-- Details that arrive apart from their batch booking, statements that are issued again, and months that two people close.

-- ── Notifications (camt.054) ─────────────────────────────────────────────────────────────────────────────────────────────
-- Whether interim reports and notifications of the account are posted: for accounts of which no statements come.
alter table account add column interim text not null default 'preview' check (interim in ('preview', 'post'));

-- Which entry of a notification has given a batch booking its details.
create table joined_batch (
  entry_id bigint primary key,
  notification_entry_id bigint not null unique
);
create trigger append_only before update or delete on joined_batch for each statement execute function refuse_change();
create trigger append_only_truncate before truncate on joined_batch for each statement execute function refuse_change();
create trigger references_checked after insert on joined_batch referencing new table as added
  for each statement execute function check_references('entry_id', 'entry', 'notification_entry_id', 'entry');

-- An entry never changes, but that details have come for it: then these are decided, and not it.
drop trigger append_only on entry;
create trigger append_only before delete on entry for each statement execute function refuse_change();
create function leaf_only() returns trigger language plpgsql as $$
begin
  if not old.is_leaf or new.is_leaf or to_jsonb(new) - 'is_leaf' is distinct from to_jsonb(old) - 'is_leaf' then
    raise exception 'entry is append-only: only is_leaf may be taken back, once' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger leaf_taken_back before update on entry for each row execute function leaf_only();

-- ── Statements that are issued again ─────────────────────────────────────────────────────────────────────────────────────
-- The statement that this one is another issue of, noted when it is quarantined; and the one that a person has accepted in place of this.
alter table statement add column reissue_of bigint, add column replaced_by bigint;
alter table statement drop constraint statement_state_check,
  add constraint statement_state_check check (state in ('received', 'accepted', 'duplicate', 'preview', 'quarantined', 'replaced')),
  add constraint replaced_by_another check ((state = 'replaced') = (replaced_by is not null));
create index on statement (replaced_by) where replaced_by is not null;

-- ── Months ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- One person asks that a month be closed or opened again, another approves.
create table period_request (
  request_id bigint generated always as identity primary key,
  company text not null references company,
  month text not null check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  action text not null check (action in ('close', 'reopen')),
  requested_by text not null,
  requested_at timestamptz not null default now(),
  reason text,
  state text not null default 'pending' check (state in ('pending', 'approved', 'withdrawn')),
  decided_by text,
  decided_at timestamptz,
  check ((state = 'pending') = (decided_by is null) and (state = 'pending') = (decided_at is null)),
  constraint nobody_approves_their_own_period check (state <> 'approved' or decided_by <> requested_by)
);
create unique index period_request_once on period_request (company, month) where state = 'pending';

create function keep_period_request() returns trigger language plpgsql as $$
begin
  if old.state <> 'pending' or to_jsonb(new) - array['state', 'decided_by', 'decided_at'] is distinct from to_jsonb(old) - array['state', 'decided_by', 'decided_at'] then
    raise exception 'period request % is % and stays so', old.request_id, old.state using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger period_request_kept before update on period_request for each row execute function keep_period_request();
create trigger never_deleted before delete or truncate on period_request for each statement execute function refuse_change();

-- A month is closed by a row in period and open again without it; either only in the transaction in which a second person has approved it.
create function two_people_change_periods() returns trigger language plpgsql security definer set search_path = public as $$
declare wanted text := case tg_op when 'INSERT' then 'close' else 'reopen' end; p period := case tg_op when 'INSERT' then new else old end;
begin
  if tg_op = 'UPDATE' or not exists (
    select from period_request r where r.company = p.company and r.month = p.month and r.action = wanted and r.state = 'approved' and r.decided_at = now()
       and (tg_op = 'DELETE' or r.requested_by = new.closed_by and r.decided_by = new.approved_by)) then
    raise exception 'period % of % needs a request to % it, and the approval of a second person', p.month, p.company, wanted
      using errcode = 'insufficient_privilege', constraint = 'period_needs_two_people';
  end if;
  return p;
end $$;
create trigger period_of_two_people before insert or update or delete on period for each row execute function two_people_change_periods();
create trigger never_truncated before truncate on period for each statement execute function refuse_change();

grant select on joined_batch, period_request to tieout_worker, tieout_web, tieout_auditor;
grant insert on joined_batch to tieout_worker, tieout_web;
grant update (is_leaf) on entry to tieout_worker, tieout_web;
grant insert, delete on period to tieout_worker, tieout_web;
grant insert, update (state, decided_by, decided_at) on period_request to tieout_worker, tieout_web;
