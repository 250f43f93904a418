-- Whoever ends a task asks whether others of the run are at work: one look, however many documents the run has brought to rest already.
create index document_at_work on document (run_id) where state in ('received', 'extracted', 'normalized');
