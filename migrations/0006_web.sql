-- People and programs that use the pages and the API, what they do to items beside deciding them, and the second person.

-- ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- The log names people by user_id, so a user is never deleted, only disabled. companies null: all of them.
create table app_user (
  -- What the rules and the program itself decide and note bears these names.
  user_id text primary key check (length(user_id) between 1 and 63 and user_id not in ('rule', 'tieout')),
  name text not null,
  roles text[] not null default '{}' check (roles <@ array['analyst', 'approver', 'auditor', 'operator', 'admin']),
  companies text[],
  oidc_subject text unique,
  password_hash text,
  failed_sign_ins int not null default 0,
  locked_until timestamptz,
  disabled boolean not null default false,
  created_at timestamptz not null default now()
);

-- Up to which amount, and which write-off, the person decides alone; minor units. Without a row the program's default holds.
create table user_limit (
  user_id text not null references app_user,
  currency text not null,
  amount bigint not null check (amount >= 0),
  write_off bigint not null check (write_off >= 0),
  primary key (user_id, currency)
);

-- Tokens are kept as SHA-256: who reads the table cannot sign in with what stands there.
create table one_time_token (
  hash bytea primary key,
  user_id text not null references app_user,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table web_session (
  hash bytea primary key,
  user_id text not null references app_user,
  method text not null check (method in ('one_time_token', 'password', 'oidc')),
  csrf_token text not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on web_session (user_id);

-- What an identity provider is asked for, until it answers.
create table oidc_attempt (
  hash bytea primary key,
  nonce text not null,
  code_verifier text not null,
  expires_at timestamptz not null
);

create table api_token (
  token_id bigint generated always as identity primary key,
  user_id text not null references app_user,
  name text not null,
  hash bytea not null unique,
  rights text[] not null,
  companies text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index on api_token (user_id);

create table saved_view (
  view_id bigint generated always as identity primary key,
  owner text not null references app_user,
  name text not null,
  page text not null check (page in ('queue', 'log')),
  query jsonb not null,
  shared boolean not null,
  unique (owner, page, name)
);

-- The answer to a request that a program may repeat. An answer that is not there yet keeps a second execution out.
create table idempotency_key (
  user_id text not null references app_user,
  key text not null,
  request_hash bytea not null,
  status int,
  answer text,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);

-- A role, a company or the person taken away ends the sessions at once, whoever takes it away and by whatever program.
create function end_sessions() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if not (old.roles <@ new.roles) or new.disabled and not old.disabled or new.password_hash is distinct from old.password_hash
     or new.companies is not null and (old.companies is null or not (old.companies <@ new.companies)) then
    delete from web_session where user_id = new.user_id;
    delete from one_time_token where user_id = new.user_id;
  end if;
  return null;
end $$;
create trigger sessions_ended after update on app_user for each row execute function end_sessions();

-- ── What is done to an item beside deciding it ───────────────────────────────────────────────────────────────────────────
alter table review_item add column deferred_until date;

create table review_comment (
  comment_id bigint generated always as identity primary key,
  entry_id bigint not null references review_item,
  author text not null,
  at timestamptz not null default now(),
  kind text not null check (kind in ('comment', 'question')),
  -- Whom the question is for.
  asked text,
  text text not null,
  log_seq bigint not null,
  check ((kind = 'question') = (asked is not null))
);
create index on review_comment (entry_id);

-- A quarantined statement that a person has set aside for good.
create table statement_rejection (
  statement_id bigint primary key references statement,
  rejected_by text not null,
  rejected_at timestamptz not null default now(),
  reason text not null
);

-- ── The second person ────────────────────────────────────────────────────────────────────────────────────────────────────
-- request is canonical JSON with the versions of what it was asked upon; digest its SHA-256. What is approved is what was shown.
create table approval (
  approval_id bigint generated always as identity primary key,
  kind text not null check (kind in ('accept', 'assign', 'not_ours', 'undo', 'bulk_accept', 'bulk_undo', 'set_mode', 'quarantine_accept')),
  company text,
  entry_id bigint,
  request text not null,
  digest text not null,
  why text not null,
  summary text not null,
  sums jsonb not null,
  comment text,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  state text not null default 'pending' check (state in ('pending', 'approved', 'rejected', 'withdrawn', 'stale')),
  approved_digest text,
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  constraint digest_of_request check (digest = encode(sha256(convert_to(request, 'UTF8')), 'hex')),
  constraint nobody_approves_their_own check (state <> 'approved' or decided_by is not null and decided_by <> requested_by),
  constraint approved_as_shown check (state <> 'approved' or approved_digest is not distinct from digest),
  constraint decided_when_ended check ((state = 'pending') = (decided_at is null))
);
create index on approval (state, approval_id);
create unique index approval_pending_once on approval (entry_id) where state = 'pending' and entry_id is not null;

create function keep_approval() returns trigger language plpgsql as $$
begin
  if old.state <> 'pending' then
    raise exception 'approval % is % and stays so', old.approval_id, old.state using errcode = 'insufficient_privilege';
  end if;
  if (new.approval_id, new.kind, new.company, new.entry_id, new.request, new.digest, new.requested_by, new.requested_at, new.sums)
     is distinct from (old.approval_id, old.kind, old.company, old.entry_id, old.request, old.digest, old.requested_by, old.requested_at, old.sums) then
    raise exception 'what approval % was asked for cannot be changed', old.approval_id using errcode = 'insufficient_privilege';
  end if;
  if new.state = 'approved' and not exists (select from app_user u where u.user_id = new.decided_by and 'approver' = any(u.roles) and not u.disabled) then
    raise exception '% is no approver', new.decided_by using errcode = 'check_violation', constraint = 'approved_by_an_approver';
  end if;
  return new;
end $$;
create trigger approval_kept before update on approval for each row execute function keep_approval();
create trigger never_deleted before delete or truncate on approval for each statement execute function refuse_change();

-- A decision that names a second person has one: an approval of theirs, asked for by whoever decided.
alter table decision add constraint nobody_approves_their_own check (approved_by is null or approved_by <> decided_by);
create function check_approved() returns trigger language plpgsql security definer set search_path = public as $$
declare bad bigint;
begin
  select a.decision_id into bad from added a where a.approved_by is not null and a.outcome = 'manual'
     and not exists (select from approval p where p.state = 'approved' and p.decided_by = a.approved_by and p.requested_by = a.decided_by) limit 1;
  if found then
    raise exception 'decision % names a second person who has approved nothing', bad using errcode = 'check_violation', constraint = 'decision_approved';
  end if;
  return null;
end $$;
create trigger decision_approved after insert on decision referencing new table as added for each statement execute function check_approved();

-- ── Learning ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- A payer account or an alias that people have shown to be a party's. It counts once another person has confirmed it.
create table learned_proposal (
  proposal_id bigint generated always as identity primary key,
  company text not null,
  kind text not null check (kind in ('account', 'alias')),
  party_id text not null references party,
  value text not null,
  value_key text not null,
  entry_id bigint not null,
  decision_id bigint not null references decision,
  proposed_by text not null,
  proposed_at timestamptz not null default now(),
  seen int not null default 1,
  state text not null default 'proposed' check (state in ('proposed', 'confirmed', 'rejected', 'revoked')),
  decided_by text,
  decided_at timestamptz,
  history jsonb not null default '[]',
  unique (kind, party_id, value_key),
  constraint nobody_confirms_their_own check (state <> 'confirmed' or decided_by is not null and decided_by <> proposed_by)
);
create index on learned_proposal (state);

-- Only what people decided teaches: a decision of a rule cannot stand behind a proposal.
create function check_learned() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if not exists (select from decision d where d.decision_id = new.decision_id and d.outcome = 'manual') then
    raise exception 'decision % was not a person''s; nothing is learned from it', new.decision_id using errcode = 'check_violation', constraint = 'learned_from_people';
  end if;
  return new;
end $$;
create trigger learned_from_people before insert or update on learned_proposal for each row execute function check_learned();

-- ── Rights ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
grant select, insert, update on app_user, web_session, one_time_token, oidc_attempt, api_token, saved_view, idempotency_key, approval, learned_proposal to tieout_web;
grant select, insert, delete on user_limit to tieout_web;
grant delete on web_session, one_time_token, oidc_attempt, saved_view, idempotency_key to tieout_web;
grant select, insert on review_comment, statement_rejection to tieout_web;
grant select on review_comment, statement_rejection, approval, learned_proposal to tieout_auditor;
grant select on review_comment, approval, learned_proposal to tieout_worker;
create trigger append_only before update or delete on review_comment for each statement execute function refuse_change();
create trigger append_only before update or delete on statement_rejection for each statement execute function refuse_change();
grant usage on all sequences in schema public to tieout_web;
