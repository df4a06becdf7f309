-- A request that must run once, however often it is sent: the execution stands
-- for the key. Times are microseconds since 1970-01-01T00:00:00Z.
create table idempotency_keys (
  program_id blob not null,
  key text not null,
  execution_id blob not null,
  claimed_at integer not null,
  inputs_hash text not null,
  primary key (program_id, key),
  constraint idempotency_key_has_a_program
    foreign key (program_id) references programs (id),
  constraint idempotency_execution_is_16_bytes check (length(execution_id) = 16)
) strict, without rowid;

create index idempotency_keys_by_time on idempotency_keys (claimed_at);

-- One program stands for all quick runs of a signature, adapter and
-- configuration.
create unique index ephemeral_program_is_unique
  on programs (signature_id, adapter_type, configuration)
  where ephemeral = 1 and status <> 'archived';

create index programs_by_signature on programs (signature_id, id);
create index programs_by_status on programs (status, id);

-- For the sweep of dead nodes.
create index live_executions_by_node on live_executions (node);

-- For pruning.
create index executions_by_time on executions (executed_at);
create index executions_by_program_and_time
  on executions (program_id, executed_at);

-- For lists of what went wrong, which is rare.
create index failed_executions on executions (id) where status = 'failed';
create index failed_executions_by_program
  on executions (program_id, id) where status = 'failed';
