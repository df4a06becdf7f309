drop function write_executions;
drop table leases;
