#!/bin/sh
# SPDX-License-Identifier: MIT
# First program of the guest: mounts what a kernel shows, loads the virtio drivers, hands over to the agents.
export PATH=/sbin:/usr/sbin:/bin:/usr/bin HOME=/root TERM=linux
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
mount -t tmpfs -o size=16m tmpfs /run
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
hostname kmodlab
# only now: the kernel, while it boots, would have it look for drivers in vain
ln -s /bin/kmod /sbin/modprobe
# interrupts of devices at the first processor: if that one does not answer, it is where a non-maskable one goes
echo 1 >/proc/irq/default_smp_affinity
for module in /lib/kmodlab/*.ko*; do
	case $module in
	*.ko) modctl load "$module" ;; # in a fifth of insmod's time
	*.ko.*) /sbin/insmod "$module" ;; # unpacks it
	esac
done
echo 1 >/sys/kernel/debug/clear_warn_once # what the kernel says once, it says of the learner's module
# all lines, also when something lowers the console's level: whoever makes the log fall silent makes findings vanish
echo 1 >/sys/module/printk/parameters/ignore_loglevel
echo 8 >/proc/sys/kernel/printk
echo 1 >/proc/sys/kernel/hung_task_check_interval_secs
# modctl as the agents call it has no name any more, so nothing can take its place
cp /sbin/modctl /run/modctl
exec 9</run/modctl
rm /run/modctl
# a port can be opened only some time after its node is there: when it has its name, it is complete
until [ -e /sys/class/virtio-ports/vport0p3/name ]; do
	sleep 0.05
done
sh /lib/kmodlab/agent aside 0<>/dev/vport0p3 1>&0 2>&0 &
sh /lib/kmodlab/agent control 0<>/dev/vport0p1 1>&0 2>&0 8</dev/kmsg
# No agent, no machine. The greeting says that it was not the kernel which stopped.
printf '\036agent\036' >/dev/vport0p1
poweroff -f
