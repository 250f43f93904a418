-- Which rules decide. A change of the rules takes a second person, as a change of a mode does: until then the last approved version goes on.

-- Rules are of all companies: both must see all of them.
create function second_person_there() returns boolean language sql stable security definer set search_path = public as $$
  select exists (select from app_user a join app_user b on b.user_id <> a.user_id
    where 'approver' = any(a.roles) and b.roles && array['analyst', 'approver', 'operator', 'admin'] and not a.disabled and not b.disabled and a.companies is null and b.companies is null)
$$;

alter table approval drop constraint approval_kind_check;
alter table approval add constraint approval_kind_check check (kind in ('accept', 'assign', 'not_ours', 'undo', 'bulk_accept', 'bulk_undo', 'set_mode', 'quarantine_accept', 'rules'));

-- The last row is in force. Without an approval: the first rules, or there was nobody who could have been the second person.
create table rules_in_force (
  n bigint generated always as identity primary key,
  version text not null,
  since timestamptz not null default now(),
  approval_id bigint unique references approval
);

create function check_rules_approved() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if not exists (select from ruleset r where r.version = new.version) then
    raise exception 'there is no text of the rules %', new.version using errcode = 'foreign_key_violation', constraint = 'rules_text';
  end if;
  if new.approval_id is null and second_person_there() and exists (select from rules_in_force)
     or new.approval_id is not null and not exists (select from approval p where p.approval_id = new.approval_id and p.kind = 'rules' and p.state = 'approved' and p.request::jsonb ->> 'version' = new.version) then
    raise exception 'nobody has approved the rules %', new.version using errcode = 'check_violation', constraint = 'rules_approved';
  end if;
  return new;
end $$;
create trigger rules_approved before insert on rules_in_force for each row execute function check_rules_approved();
create trigger append_only before update or delete on rules_in_force for each statement execute function refuse_change();
create trigger append_only_truncate before truncate on rules_in_force for each statement execute function refuse_change();

insert into rules_in_force (version) select ruleset from decision where ruleset is not null order by decision_id desc limit 1;

grant select on rules_in_force to tieout_worker, tieout_web, tieout_auditor;
grant insert on rules_in_force to tieout_worker, tieout_web;
grant usage on all sequences in schema public to tieout_worker, tieout_web;
