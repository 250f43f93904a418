-- The log is searched by person, by run and by period without an index on every record, which each posting would pay for. The head that ends each
-- transaction's records says from which to which they reach; what people did is little beside what rules did.
create index log_head on log_record (at, seq) where action = 'chain_head';
create index log_act on log_record (actor, seq) where action not in ('chain_head', 'decide');
