-- Times are microseconds since 1970-01-01T00:00:00Z; ids are the 16 bytes of a
-- uuid; documents are JSON text. Small columns come first, so that filters do
-- not walk through the pages of large documents.

create table signatures (
  id blob not null primary key,
  name text not null,
  module text not null,
  version text not null,
  status text not null,
  content_hash text not null,
  inserted_at integer not null,
  updated_at integer not null,
  description text not null,
  instructions text not null,
  inputs text not null,
  outputs text not null,
  constraint signature_id_is_16_bytes check (length(id) = 16),
  constraint signature_name_is_present check (trim(name) <> ''),
  constraint signature_status_is_known
    check (status in ('draft', 'active', 'deprecated')),
  constraint signature_version_is_unique unique (module, version)
) strict;

create table programs (
  id blob not null primary key,
  signature_id blob not null,
  name text not null,
  adapter_type text not null,
  status text not null,
  ephemeral integer not null,
  generation integer not null,
  owner_node blob,
  completed_count integer not null,
  failed_count integer not null,
  pruned_completed integer not null,
  pruned_failed integer not null,
  duration_us_sum integer not null,
  last_executed_at integer,
  inserted_at integer not null,
  updated_at integer not null,
  backend_program_id text not null,
  error_code text,
  error_message text not null,
  configuration text not null,
  constraint program_id_is_16_bytes check (length(id) = 16),
  constraint program_has_a_signature
    foreign key (signature_id) references signatures (id),
  constraint program_name_is_present check (trim(name) <> ''),
  constraint program_status_is_known check (
    status in ('draft', 'initializing', 'ready', 'error', 'archived')),
  constraint program_ephemeral_is_boolean check (ephemeral in (0, 1)),
  constraint program_owner_is_16_bytes
    check (owner_node is null or length(owner_node) = 16),
  constraint program_counts_are_not_negative check (
    completed_count >= 0 and failed_count >= 0 and pruned_completed >= 0
    and pruned_failed >= 0 and duration_us_sum >= 0),
  constraint program_error_belongs_to_its_status
    check (error_code is null or status = 'error')
) strict;

create index programs_by_name on programs (name, id);

-- Finished executions: rows are inserted and never change.
create table executions (
  id blob not null primary key,
  program_id blob not null,
  node blob not null,
  status text not null,
  error_code text,
  attempt integer not null,
  duration_us integer not null,
  executed_at integer not null,
  started_at integer,
  finished_at integer not null,
  inserted_at integer not null,
  updated_at integer not null,
  error_message text not null,
  inputs text not null,
  outputs text not null,
  metadata text not null,
  constraint execution_id_is_16_bytes check (length(id) = 16),
  constraint execution_node_is_16_bytes check (length(node) = 16),
  constraint execution_has_a_program
    foreign key (program_id) references programs (id),
  constraint execution_is_finished check (status in ('completed', 'failed')),
  constraint execution_duration_is_not_negative check (duration_us >= 0),
  constraint completed_execution_has_no_error
    check (status <> 'completed' or error_code is null)
) strict;

create index executions_by_program on executions (program_id, id);

-- What is in flight for more than a second, or was created by hand. A row goes
-- in the transaction that inserts the finished one.
create table live_executions (
  id blob not null primary key,
  program_id blob not null,
  node blob not null,
  status text not null,
  error_code text,
  attempt integer not null,
  duration_us integer,
  executed_at integer not null,
  started_at integer,
  finished_at integer,
  inserted_at integer not null,
  updated_at integer not null,
  error_message text not null,
  inputs text not null,
  outputs text not null,
  metadata text not null,
  constraint live_execution_id_is_16_bytes check (length(id) = 16),
  constraint live_execution_node_is_16_bytes check (length(node) = 16),
  constraint live_execution_has_a_program
    foreign key (program_id) references programs (id),
  constraint live_execution_is_not_finished
    check (status in ('pending', 'running')
           and duration_us is null and finished_at is null)
) strict;

create index live_executions_by_program on live_executions (program_id, id);

create view all_executions as
  select * from executions
  union all
  select * from live_executions;

-- How many executions of a program lasted how long: `bucket` is a logarithmic
-- class of durations, 16 to an octave.
create table program_durations (
  program_id blob not null,
  bucket integer not null,
  count integer not null,
  primary key (program_id, bucket),
  constraint durations_have_a_program
    foreign key (program_id) references programs (id),
  constraint duration_count_is_positive check (count > 0)
) strict, without rowid;
