-- The sign of life of a node. A row that has expired may be removed by anybody;
-- then what the node left is closed, and what it still sends is refused, as
-- each epoch is given once.
create table leases (
  node uuid not null primary key,
  epoch bigint not null generated always as identity,
  acquired_at timestamptz not null,
  expires_at timestamptz not null
) with (fillfactor = 50);

-- Writes one batch of executions: finished ones (`duration_us` is set) once,
-- with the counters and durations of their programs, and live ones. Either all
-- of it is written or nothing: one id that is finished already is a violation
-- of `executions_pkey`, and the sums, which belong to all rows, are not added.
--
-- Raises DX001 when the lease of the node has ended; epoch 0 asks for none.
create function write_executions(
  p_writer bigint,
  p_lease_node uuid,
  p_lease_epoch bigint,
  -- one element an execution
  p_id uuid[],
  p_program_id uuid[],
  p_node uuid[],
  p_executed_at timestamptz[],
  p_started_at timestamptz[],
  p_finished_at timestamptz[],
  p_inserted_at timestamptz[],
  p_updated_at timestamptz[],
  p_duration_us bigint[],
  p_attempt integer[],
  p_status text[],
  p_error_code text[],
  p_error_message text[],
  p_inputs json[],
  p_outputs json[],
  p_metadata json[],
  p_has_live boolean,
  -- one element a program of finished executions
  p_counted_id uuid[],
  p_completed bigint[],
  p_failed bigint[],
  p_duration_us_sum bigint[],
  p_last_executed_at timestamptz[],
  -- one element a program and bucket
  p_bucket_program_id uuid[],
  p_bucket integer[],
  p_bucket_count bigint[]
) returns void language plpgsql as $$
begin
  -- A commit in doubt may still be under way when its batch is sent again.
  perform pg_advisory_xact_lock(p_writer);

  if p_lease_epoch > 0 then
    perform 1 from leases
      where node = p_lease_node and epoch = p_lease_epoch for key share;
    if not found then
      raise exception 'the lease of node % has ended', p_lease_node
        using errcode = 'DX001';
    end if;
  end if;

  insert into executions (
    id, program_id, node, executed_at, started_at, finished_at, inserted_at,
    updated_at, duration_us, attempt, status, error_code, error_message, inputs,
    outputs, metadata)
  select * from (
    select unnest(p_id), unnest(p_program_id), unnest(p_node),
      unnest(p_executed_at), unnest(p_started_at), unnest(p_finished_at),
      unnest(p_inserted_at), unnest(p_updated_at),
      unnest(p_duration_us) as duration_us, unnest(p_attempt),
      unnest(p_status), unnest(p_error_code), unnest(p_error_message),
      unnest(p_inputs), unnest(p_outputs), unnest(p_metadata)) as x
  where x.duration_us is not null;

  -- In the order of the ids, so that writers wait for each other in no circle.
  perform 1 from programs
    where id = any (p_counted_id) order by id for no key update;

  update programs as p
    set completed_count = p.completed_count + x.completed,
      failed_count = p.failed_count + x.failed,
      duration_us_sum = case
        when p.duration_us_sum > 9223372036854775807 - x.duration_us_sum
        then 9223372036854775807
        else p.duration_us_sum + x.duration_us_sum
      end,
      last_executed_at = greatest(p.last_executed_at, x.last_executed_at)
    from (
      select unnest(p_counted_id) as id, unnest(p_completed) as completed,
        unnest(p_failed) as failed,
        unnest(p_duration_us_sum) as duration_us_sum,
        unnest(p_last_executed_at) as last_executed_at) as x
    where p.id = x.id;

  insert into program_durations as d (program_id, bucket, count)
    select unnest(p_bucket_program_id), unnest(p_bucket), unnest(p_bucket_count)
    on conflict (program_id, bucket) do update set count = d.count + excluded.count;

  delete from live_executions as l
    where l.id = any (p_id)
      and exists (select 1 from executions as e where e.id = l.id);

  if p_has_live then
    insert into live_executions as l (
      id, program_id, node, executed_at, started_at, inserted_at, updated_at,
      attempt, status, error_message, inputs, outputs, metadata)
    select id, program_id, node, executed_at, started_at, inserted_at,
      updated_at, attempt, status, error_message, inputs, outputs, metadata
    from (
      select unnest(p_id) as id, unnest(p_program_id) as program_id,
        unnest(p_node) as node, unnest(p_executed_at) as executed_at,
        unnest(p_started_at) as started_at, unnest(p_inserted_at) as inserted_at,
        unnest(p_updated_at) as updated_at,
        unnest(p_duration_us) as duration_us, unnest(p_attempt) as attempt,
        unnest(p_status) as status, unnest(p_error_message) as error_message,
        unnest(p_inputs) as inputs, unnest(p_outputs) as outputs,
        unnest(p_metadata) as metadata) as x
    where x.duration_us is null
      and not exists (select 1 from executions as e where e.id = x.id)
    on conflict (id) do update set program_id = excluded.program_id,
      node = excluded.node, executed_at = excluded.executed_at,
      started_at = excluded.started_at, inserted_at = excluded.inserted_at,
      updated_at = excluded.updated_at, attempt = excluded.attempt,
      status = excluded.status, error_message = excluded.error_message,
      inputs = excluded.inputs, outputs = excluded.outputs,
      metadata = excluded.metadata;
  end if;
end
$$;
