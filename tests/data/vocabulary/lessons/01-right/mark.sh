# SPDX-License-Identifier: MIT
# Leaves two marks in the trace buffer.
echo "first mark" >/sys/kernel/tracing/trace_marker
echo "second mark" >/sys/kernel/tracing/trace_marker
