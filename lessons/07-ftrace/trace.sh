#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# trace.sh NUMBER... - write each number to ftrace_lab's parameter `go`, and
# show what the function tracer saw of it
set -e # end at the first command that fails
tracing=/sys/kernel/tracing
go=/sys/module/ftrace_lab/parameters/go

# 6. In the end tracing is off, whatever has happened.

# 3. Which function, which tracer; and away with what was traced before.

# 4. Switch tracing on before this, and off after it.
for number in "$@"; do
	echo "$number" >$go
done

# 5. Print the trace.
