drop index executions_by_program_and_time;
drop index executions_by_time;
drop index live_executions_by_node;
drop index programs_by_status;
drop index programs_by_signature;
drop index ephemeral_program_is_unique;
drop table idempotency_keys;
