# SPDX-License-Identifier: MIT
# The command channel's far side on a machine that is no guest of ours: agent.sh for any POSIX shell, on a terminal.
# What starts it, in shell_login.py, has given it a mount namespace of its own, so /root is its own, too.
export HOME=/root
folder=$HOME/.kmodlab
complaints=$folder/stderr
newline='
'
separator=$(printf '\035')
mount -t tmpfs kmodlab $HOME && mkdir $folder && cd || exit 1
# There is nothing to do where they are mounted already, or unknown.
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
export PATH=$folder:/sbin:/usr/sbin:/bin:/usr/bin:$PATH
# The terminal, and the kernel's log for those who grade and for those who follow it.
exec 6<&0 7</dev/kmsg 8</dev/kmsg
trap : INT # ctrl+C is for the command
printf '\036agent\036'
while IFS=' ' read -r nonce line; do
	case $nonce in
	'' | bye) break ;; # an empty line is Enter, pressed by whoever comes to a line that was left
	word)
		word=$line
		continue
		;;
	esac
	case $line in
	*"$separator"*) line=$(printf %s "$line" | tr "$separator" "$newline") ;;
	esac
	(
		eval "$line"
	) </dev/null 2>"$complaints"
	printf '\036%s %s %d\036' "$word" "$nonce" $?
	[ -s "$complaints" ] && cat "$complaints"
	printf '\036%s %s.\036' "$word" "$nonce"
done
