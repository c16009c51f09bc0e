# --trace: each step with its side, when it began and how long it took.
load lib.bash

setup() {
	lib_setup
	needs caisson "an option of its own"
}

# names SIDE: of the trace in $T/trace, in order
names() { jq -r --arg side "$1" '.traceEvents[] | select(.ph == "X" and .cat == $side) | .name' "$T/trace"; }
explained() { rt explain "$bundle" | awk -v side="$1" '$1 == side { print $2 }'; }
well_formed() {
	jq -e '.traceEvents | all(.ph == "M" or (.ph == "X" and .ts >= 0 and .dur >= 0 and (.tid == 1 or .tid == 2) and (.args.result | IN("ok", "failed", "did not end"))))' "$T/trace" >/dev/null
}

@test "run: every row that explain names, on its side, and every mount" {
	args ids
	call rt run --bundle "$bundle" --trace "$T/trace" "$id"
	ok
	well_formed
	local side row
	for side in host aside init; do
		for row in $(explained "$side"); do
			has_line "$(names "$side")" "$row" || { complain "no $row in $side: $(names "$side")"; return 1; }
		done
	done
	for row in $(jq -r '.mounts[].destination' "$bundle/config.json"); do
		has_line "$(names init)" "$row" || { complain "no mount $row"; return 1; }
	done
	for row in "read the configuration" plan "start: init executes the program" "attend the program" "end all processes" "remove the cgroup" "remove the state directory"; do
		has_line "$(names host)" "$row"
	done
	is "$(jq '[.traceEvents[] | select(.args.result != "ok" and .args.result)] | length' "$T/trace")" 0
	# What is played by one side lies one behind the other.
	jq -e '[.traceEvents[] | select(.ph == "X" and .tid == 2 and (.name | startswith("/") | not))] | [., .[1:]] | transpose | all(.[1] == null or .[0].ts + .[0].dur <= .[1].ts + 0.002)' "$T/trace"
}

@test "in a time namespace, whose clocks are others: init's rows are there, all of them, and begin one after the other" {
	[[ -e /proc/self/ns/time ]] || skip "a kernel without time namespaces"
	edit '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 1000}, boottime: {secs: 2000}}'
	args ids
	call rt run --bundle "$bundle" --trace "$T/trace" "$id"
	ok
	well_formed
	local row
	for row in $(explained init); do
		has_line "$(names init)" "$row" || { complain "no $row in: $(names init)"; return 1; }
	done
	jq -e '[.traceEvents[] | select(.ph == "X" and .tid == 2 and (.name | startswith("/") | not))] | [., .[1:]] | transpose | all(.[1] == null or .[0].ts + .[0].dur <= .[1].ts + 0.002)' "$T/trace"
}

@test "create, start, exec and delete, each by itself" {
	args wait
	call_create rt create --trace "$T/trace" --bundle "$bundle" "$id"
	ok
	well_formed
	has_line "$(names host)" commit
	has_line "$(names init)" pivot
	call rt start --trace "$T/trace" "$id"
	ok
	well_formed
	has_line "$(names host)" "start: init executes the program"
	has_line "$(names init)" close
	has_line "$(names init)" exec
	call rt exec --trace "$T/trace" "$id" /bin/probe ids
	ok
	well_formed
	has_line "$(names init)" join
	says "uid 0 0 0 0"
	call rt delete --force --trace "$T/trace" "$id"
	ok
	has_line "$(names host)" "kill what runs"
	has_line "$(names host)" "end all processes"
	is "$(names host | head -n 1)" delete
}

@test "for people: a waterfall on stderr, and nothing else on stdout" {
	args ids
	call rt run --bundle "$bundle" --trace - "$id"
	ok
	is "$(grep -cE 'host|init ' <<<"$out" || true)" 0
	says "uid 0 0 0 0"
	grep -qE '^ +[0-9]+\.[0-9]{3} +[0-9]+\.[0-9]{3}  host  birth +\|[ #]+\|$' <<<"$err"
	grep -qE '^ +[0-9]+\.[0-9]{3} +[0-9]+\.[0-9]{3}  init  mounts +\|[ #]+\|$' <<<"$err"
	grep -qE '  init    /proc +\|[ -]+\|$' <<<"$err"
}

@test "a step that fails is marked, with those before it" {
	edit '.mounts += [{"destination": "/mnt", "type": "nosuchfs", "source": "x"}]'
	args ids
	call rt run --bundle "$bundle" --trace "$T/trace" "$id"
	fails nosuchfs
	well_formed
	is "$(jq -r '[.traceEvents[] | select(.args.result == "failed") | .name] | sort | join(" ")' "$T/trace")" "/mnt mounts run"
	has_line "$(names init)" attach-root
}

failed() { jq -r '[.traceEvents[] | select(.args.result == "failed") | .name] | join(" ")' "$T/trace"; }

@test "what fails late in init, and what fails before anything is played" {
	start_probe wait
	call rt exec --trace "$T/trace" "$id" /bin/none
	fails none
	well_formed
	is "$(failed)" "exec program"
	call rt exec --detach --trace "$T/trace" "$id" /bin/probe ids
	ok
	is "$(failed)" ""
	has_line "$(names init)" close
	has_line "$(names init)" exec
	call rt start --trace "$T/trace" "$id"
	fails already
	is "$(failed)" start
	call rt delete --trace "$T/trace" "$id"
	fails "not stopped"
	is "$(failed)" delete
	call rt start --trace "$T/trace" "$id-none"
	fails "does not exist"
	well_formed
	is "$(failed)" "start find the container"
	echo broken >"$bundle/config.json"
	call rt create --trace "$T/trace" --bundle "$bundle" "$id-none"
	fails config.json
	is "$(failed)" "create read the configuration"
}

@test "start: a program that cannot be executed, and hooks" {
	edit '.hooks = {poststart: [{path: "/bin/true"}], startContainer: [{path: "/bin/probe", args: ["probe", "exit", "0"]}], poststop: [{path: "/bin/true"}]}'
	args wait
	create
	call rt start --trace "$T/trace" "$id"
	ok
	has_line "$(names init)" startContainer
	has_line "$(names host)" poststart
	call rt delete --force --trace "$T/trace" "$id"
	ok
	has_line "$(names host)" poststop
	echo 'no program' >"$rootfs/bin/broken"
	chmod 0755 "$rootfs/bin/broken"
	edit 'del(.hooks) | .process.args = ["/bin/broken"]'
	create
	call rt start --trace "$T/trace" "$id"
	fails broken
	[[ " $(failed) " == *" start "* && " $(failed) " == *" exec "* ]] || { complain "$(failed)"; return 1; }
}

@test "a filter that is there early: start tells its own side alone" {
	edit '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpriority"], action: "SCMP_ACT_ERRNO"}]}'
	args wait
	create
	call rt start --trace "$T/trace" "$id"
	ok
	well_formed
	is "$(names init)" ""
}

@test "thousands of mounts: each of them is there" {
	edit '.mounts += [range(1200) | {destination: "/dev/m\(.)", type: "tmpfs", source: "tmpfs", options: ["size=4k"]}]'
	args ids
	call rt run --bundle "$bundle" --trace "$T/trace" "$id"
	ok
	is "$(names init | grep -c '^/dev/m')" 1200
	has_line "$(names init)" pivot
	has_line "$(names init)" exec
}

@test "a file that cannot be written: an error before anything is made" {
	args ids
	call rt run --bundle "$bundle" --trace "$T/nowhere/trace" "$id"
	fails "cannot write the trace"
	ln -s "$T/elsewhere" "$T/link"
	call rt run --bundle "$bundle" --trace "$T/link" "$id"
	fails "cannot write the trace"
	[[ ! -e $T/elsewhere && ! -e $state/$id ]]
}

@test "without it nothing of it is there" {
	start_probe wait
	lacks "$(ls -l /proc/*/fd 2>/dev/null)" caisson-trace
	call strace -f -e trace=memfd_create -o "$T/strace" "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe ids
	ok
	refute grep caisson-trace "$T/strace"
}
