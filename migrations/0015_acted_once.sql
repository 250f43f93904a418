-- A request under an Idempotency-Key that has acted is not done again, although its answer was lost with the process: noted in the act's own transaction.
alter table idempotency_key add column acted boolean not null default false;
