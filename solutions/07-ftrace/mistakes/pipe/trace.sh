#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trace.sh NUMBER... - write each number to ftrace_lab's parameter `go`, and
# show what the function tracer saw of it
set -e
tracing=/sys/kernel/tracing
go=/sys/module/ftrace_lab/parameters/go

trap 'echo 0 >$tracing/tracing_on' EXIT

echo 0 >$tracing/tracing_on
echo ftrace_lab_work >$tracing/set_ftrace_filter
echo function >$tracing/current_tracer
echo >$tracing/trace

echo 1 >$tracing/tracing_on
for number in "$@"; do
	echo "$number" >$go
done
echo 0 >$tracing/tracing_on

cat $tracing/trace_pipe
