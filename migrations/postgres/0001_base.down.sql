drop table idempotency_keys;
drop table program_durations;
drop view all_executions;
drop table live_executions;
drop table executions;
drop table programs;
drop table signatures;
