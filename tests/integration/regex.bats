# kill --regex and delete --regex: one command for many containers (contract 6.15).
load lib.bash

setup() {
	lib_setup
	needs caisson "crun has it, but not on every host"
}

boxes() { # NAME...: running containers
	local name
	args wait
	for name; do
		edit '.linux.cgroupsPath = $p' --arg p "$(cgroups_path "$id-$name")"
		call_create rt run -d --bundle "$bundle" "$id-$name"
		ok
	done
}
left() { rt list -q | xargs; }
teardown() {
	local name
	for name in $(left); do rt delete --force "$name" >/dev/null 2>&1 3>&- || true; done
	lib_teardown
}

@test "kill --regex: all that match get the signal, no other" {
	boxes a1 a2 b1
	call rt kill --regex "$id-a[0-9]+" KILL
	ok
	is "$out" ""
	wait_for 5 eval '[[ $(rt state "$id-a1") == *stopped* && $(rt state "$id-a2") == *stopped* ]]'
	contains "$(rt state "$id-b1")" running
	call rt kill -r "$id-(a2|b)" KILL
	exits 1
	contains "$err" "'$id-a2'"
	contains "$err" "container not running"
	contains "$err" "1 of the 2 containers"
	wait_for 5 eval '[[ $(rt state "$id-b1") == *stopped* ]]'
}

@test "delete --regex: the stopped ones go, the running ones are told of; with --force all go" {
	boxes a1 a2 a3
	call rt kill "$id-a2" KILL
	wait_for 5 eval '[[ $(rt state "$id-a2") == *stopped* ]]'
	call rt delete --regex "^$id-a"
	exits 1
	contains "$err" "that is not stopped: running"
	is "$(left)" "$id-a1 $id-a3"
	call rt delete --force --regex "^$id-a"
	ok
	is "$(left)" ""
	is "$err" ""
	no_processes
}

@test "--regex: no match is no error, a wrong expression is one" {
	boxes a1
	call rt delete --force --regex 'nothing-like-it'
	ok
	call rt kill --regex 'nothing-like-it' KILL
	ok
	call rt delete --force --regex '('
	fails "invalid regular expression '('"
	call rt kill --regex 'nothing-like-it' NOSIGNAL
	fails "unknown signal"
	is "$(left)" "$id-a1"
	rm -rf "$T/none"
	call "$RUNTIME" --root "$T/none" delete --regex .
	ok
	[[ ! -e $T/none ]]
}

@test "without --regex an id is an id" {
	boxes a1
	call rt delete --force "$id-."
	ok
	is "$(left)" "$id-a1"
	call rt kill "$id-a*" KILL
	fails
}
