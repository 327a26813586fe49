# Without a first line that names a shell, and without set -e: it goes on after an error.
cd /sys/kernel/tracing || exit
echo 0 > tracing_on
echo nop > current_tracer
echo function > current_tracer
echo ftrace_lab_work > set_ftrace_filter
echo 1 > tracing_on
while [ $# -gt 0 ]; do
	echo $1 > /sys/module/ftrace_lab/parameters/go
	shift
done
echo 0 > tracing_on
cat trace
