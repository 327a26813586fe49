# SPDX-License-Identifier: MIT
# What an interactive shell of the guest starts with. The shell would run its own insmod and rmmod, which hide errors.
for tool in depmod insmod lsmod modinfo modprobe rmmod; do
	alias $tool="/sbin/$tool"
done
PS1='kmodlab:\w# '
