#!/bin/sh
# Tracing is on for the time of a subshell, however that ends; the trace is copied before it is printed.
set -u
cd /sys/kernel/tracing
{
	echo 0 >tracing_on
	echo ftrace_lab_work >set_ftrace_filter
	echo function >current_tracer
	cat /dev/null >trace
	echo 1 >tracing_on
}
(
	set -e
	for number; do
		echo "$number" >/sys/module/ftrace_lab/parameters/go
	done
)
status=$?
echo 0 >tracing_on
cp trace /tmp/trace
cat /tmp/trace
exit $status
