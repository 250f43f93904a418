-- Of a task that is due: the version of the program whose stage before it has left what it reads, so that workers of an earlier one leave it to
-- those who understand it. Of one that is done: the version that did it. The number is src/pipeline/hint.ts's.
alter table task add column version smallint not null default 1;
