# What docker and podman are asked in the same words. A file that loads this has `e`, the engine's program, and `run`, its `run` by call.

start() { run -d --name "$@" && ok; }
inspect() { e inspect --format "{{.$2}}" "$1"; }
inspect_is() { [[ $(inspect "$1" "$2") == "$3" ]]; }
pid_of_box() { inspect "$1" State.Pid; }
inside() { printf '/proc/%s/root%s' "$(pid_of_box "$1")" "$2"; }

box_stops() {
	start one "$box" sh -c 'trap "exit 5" TERM; echo up >>/ups; while :; do sleep 0.1; done'
	wait_for 5 test -e "$(inside one /ups)"
	call e stop one
	ok
	is "$(inspect one State.ExitCode)" 5
	call e start one
	ok
	wait_for 5 eval '[[ $(wc -l <"$(inside one /ups)") == 2 ]]'
	local pid
	pid=$(pid_of_box one)
	call e restart --time 5 one
	ok
	differs "$(pid_of_box one)" "$pid"
	call e kill --signal KILL one
	ok
	call e wait one
	is "$out" 137
	start two "$box" sleep 1000
	call e stop --time 1 two
	ok
	is "$(inspect two State.ExitCode)" 137
}

box_pauses() {
	start one "$box" sh -c 'while :; do echo >>/count; done'
	local file before
	file=$(inside one /count)
	wait_for 5 test -s "$file"
	call e pause one
	ok
	inspect_is one State.Status paused
	before=$(stat -c %s "$file")
	call e exec one true
	differs "$code" 0
	is "$(stat -c %s "$file")" "$before" "the size of a file that grows"
	call e unpause one
	ok
	sleep 0.5
	differs "$(stat -c %s "$file")" "$before" "the size of a file that grows"
}

box_has_an_init() {
	start one --init "$box" sh -c 'trap "exit 8" TERM; sh -c "sleep 1 & exec sleep 0.1"; touch /ready
		while :; do sleep 0.1; done'
	wait_for 10 test -e "$(inside one /ready)"
	call e exec one sh -c 'readlink /proc/1/exe; sleep 2; ps -o stat'
	contains "$out" -init
	lacks "$out" Z
	call e stop one
	is "$(inspect one State.ExitCode)" 8
}

box_is_copied() {
	start one "$box" sh -c 'until [ -e /into/file ]; do sleep 0.1; done; cat /into/file >/copy'
	mkdir into
	echo content >into/file
	call e cp into one:/
	ok
	call e wait one
	is "$out" 0
	call e cp one:/copy out-of
	ok
	is "$(<out-of)" content
}
