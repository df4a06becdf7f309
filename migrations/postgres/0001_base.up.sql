-- Ids are version 7 uuids made by dspex. Documents are `json`: their text is
-- kept, order of keys included; cast to `jsonb` to query inside. Columns of a
-- fixed width come first.

create table signatures (
  id uuid not null primary key,
  inserted_at timestamptz not null,
  updated_at timestamptz not null,
  name text not null,
  module text not null,
  version text not null,
  status text not null,
  content_hash text not null,
  description text not null,
  instructions text not null,
  inputs json not null,
  outputs json not null,
  constraint signature_name_is_present check (btrim(name) <> ''),
  constraint signature_status_is_known
    check (status in ('draft', 'active', 'deprecated')),
  constraint signature_version_is_unique unique (module, version)
);

-- Half of each page stays free, so that counters change in place.
create table programs (
  id uuid not null primary key,
  signature_id uuid not null,
  owner_node uuid,
  generation bigint not null,
  completed_count bigint not null,
  failed_count bigint not null,
  pruned_completed bigint not null,
  pruned_failed bigint not null,
  duration_us_sum bigint not null,
  last_executed_at timestamptz,
  inserted_at timestamptz not null,
  updated_at timestamptz not null,
  ephemeral boolean not null,
  status text not null,
  name text not null,
  adapter_type text not null,
  backend_program_id text not null,
  error_code text,
  error_message text not null,
  configuration json not null,
  constraint program_has_a_signature
    foreign key (signature_id) references signatures (id),
  constraint program_name_is_present check (btrim(name) <> ''),
  constraint program_status_is_known check (
    status in ('draft', 'initializing', 'ready', 'error', 'archived')),
  constraint program_counts_are_not_negative check (
    completed_count >= 0 and failed_count >= 0 and pruned_completed >= 0
    and pruned_failed >= 0 and duration_us_sum >= 0),
  constraint program_error_belongs_to_its_status
    check (error_code is null or status = 'error')
) with (fillfactor = 50);

create index programs_by_name on programs (name, id);
create index programs_by_signature on programs (signature_id, id);
create index programs_by_status on programs (status, id);

-- One program stands for all quick runs of a signature, adapter and
-- configuration.
create unique index ephemeral_program_is_unique
  on programs (signature_id, adapter_type, md5(configuration::text))
  where ephemeral and status <> 'archived';

-- Finished executions: rows are inserted and never change.
create table executions (
  id uuid not null primary key,
  program_id uuid not null,
  node uuid not null,
  executed_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz not null,
  inserted_at timestamptz not null,
  updated_at timestamptz not null,
  duration_us bigint not null,
  attempt integer not null,
  status text not null,
  error_code text,
  error_message text not null,
  inputs json not null,
  outputs json not null,
  metadata json not null,
  constraint execution_has_a_program
    foreign key (program_id) references programs (id),
  constraint execution_is_finished check (status in ('completed', 'failed')),
  constraint execution_duration_is_not_negative check (duration_us >= 0),
  constraint completed_execution_has_no_error
    check (status <> 'completed' or error_code is null)
);

create index executions_by_program on executions (program_id, id);

-- For pruning.
create index executions_by_time on executions (executed_at);
create index executions_by_program_and_time
  on executions (program_id, executed_at);

-- For lists of what went wrong, which is rare.
create index failed_executions on executions (id) where status = 'failed';
create index failed_executions_by_program
  on executions (program_id, id) where status = 'failed';

-- What is in flight for more than a second, or was created by hand. A row goes
-- in the transaction that inserts the finished one.
create table live_executions (
  id uuid not null primary key,
  program_id uuid not null,
  node uuid not null,
  executed_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  inserted_at timestamptz not null,
  updated_at timestamptz not null,
  duration_us bigint,
  attempt integer not null,
  status text not null,
  error_code text,
  error_message text not null,
  inputs json not null,
  outputs json not null,
  metadata json not null,
  constraint live_execution_has_a_program
    foreign key (program_id) references programs (id),
  constraint live_execution_is_not_finished
    check (status in ('pending', 'running')
           and duration_us is null and finished_at is null)
);

create index live_executions_by_program on live_executions (program_id, id);

-- For the sweep of dead nodes.
create index live_executions_by_node on live_executions (node, id);

create view all_executions as
  select * from executions
  union all
  select * from live_executions;

-- How many executions of a program lasted how long: `bucket` is a logarithmic
-- class of durations, 16 to an octave.
create table program_durations (
  program_id uuid not null,
  bucket integer not null,
  count bigint not null,
  primary key (program_id, bucket),
  constraint durations_have_a_program
    foreign key (program_id) references programs (id),
  constraint duration_count_is_positive check (count > 0)
) with (fillfactor = 50);

-- A request that must run once, however often it is sent: the execution stands
-- for the key.
create table idempotency_keys (
  program_id uuid not null,
  key text not null,
  execution_id uuid not null,
  claimed_at timestamptz not null,
  inputs_hash text not null,
  primary key (program_id, key),
  constraint idempotency_key_has_a_program
    foreign key (program_id) references programs (id)
);

create index idempotency_keys_by_time on idempotency_keys (claimed_at);
