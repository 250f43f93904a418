-- The rows of a booking and its details are found by their line: by the statement alone, each would cost the whole statement.
create index entry_statement_id_line_idx on entry (statement_id, line);
drop index entry_statement_id_idx;
