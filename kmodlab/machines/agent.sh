# SPDX-License-Identifier: MIT
# The guest's side of a command channel: one line in (NONCE COMMAND, newlines sent as the separator \035),
# standard output as it comes, a frame with the exit status, standard error, and a closing frame. The frames begin
# with a word that the line `word WORD` has told.
# Nothing is forked but the command: without KVM each fork costs 4 ms. The argument is this agent's name.
newline='
'
separator=$(printf '\035')
complaints=/run/stderr.$1
# init.sh has opened it: a file without a name cannot be exchanged.
modctl() { /proc/self/fd/9 "$@"; }
[ "$1" = control ] && modctl log <&8 >/dev/null
printf '\036agent\036'
while IFS=' ' read -r nonce line; do
	if [ "$nonce" = word ]; then
		word=$line
		continue
	fi
	(
		eval "${line//$separator/$newline}"
	) </dev/null 2>"$complaints"
	printf '\036%s %s %d\036' "$word" "$nonce" $?
	[ -s "$complaints" ] && cat "$complaints"
	printf '\036%s %s.\036' "$word" "$nonce"
done
