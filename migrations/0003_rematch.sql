-- What is open is looked at again when the books, the master data or the rules have moved on since it was last held against them.
-- Books version, ruleset and modes of that time, as one text; null until the first time.
alter table company add column rematched text;
grant update (rematched) on company to tieout_worker, tieout_web;

-- A direct debit that comes back may name its mandate alone.
create index on entry (mandate_id) where mandate_id is not null;
