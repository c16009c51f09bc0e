# What the specification demands and no other file shows (docs/spec-coverage.md).
load lib.bash

@test "remount changes what is mounted there" {
	edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]},
		{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["remount", "ro", "nosuid", "noexec"]}]'
	probe mounts
	ok
	is "$(grep -c '^mount /mnt ' <<<"$out")" 1 "mounts at /mnt"
	local word
	for word in ro nosuid noexec; do has_option /mnt $word; done
	edit '.mounts[-1].options = ["remount", "size=40k"]'
	probe mounts
	ok
	contains "$(mount_at /mnt)" size=40k
}

@test "ridmap without any map is refused" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	mkdir "$T/data"
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", "ridmap"]}]' --arg s "$T/data"
	probe mounts
	fails mounts
	nothing_left
}

@test "gidMappings of a mount without uidMappings are refused" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	mkdir "$T/data"
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["bind", "idmap"],
		"gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}]' --arg s "$T/data"
	probe mounts
	fails mounts
	nothing_left
}

@test "start without a process is refused" {
	edit 'del(.process)'
	create
	if [[ $code == 0 ]]; then
		call rt start "$id"
		fails process
		call rt delete --force "$id"
		ok
	else
		fails process
	fi
	nothing_left
}

@test "a capability that cannot be granted is a warning, the others hold" {
	skip_on runc "1.1 refuses"
	skip_on crun "1.8 refuses"
	args caps
	call setpriv --bounding-set=-audit_write "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	contains "$err" CAP_AUDIT_WRITE
	# CAP_KILL is 5, CAP_NET_BIND_SERVICE is 10.
	is "$((16#$(value effective)))" $((1 << 5 | 1 << 10)) "effective capabilities"
}

@test "annotations are handed on as they are, known or not" {
	edit '.annotations = {"org.opencontainers.image.stopSignal": "SIGUSR1", "org.example.unknown": "", "x y/z": "\u00e4 \"b\" \\ c"}'
	start_probe wait
	call rt state "$id"
	ok
	is "$(jq -cS .annotations <<<"$out")" "$(jq -cS .annotations "$bundle/config.json")"
}

@test "unknown properties are ignored, at every depth" {
	edit '. += {"futureTop": {"a": [1, null, {"b": true}]}} | .process += {"futureProcess": "x"} | .root += {"futureRoot": 1}
		| .mounts[0] += {"futureMount": []} | .linux += {"futureLinux": {}} | .linux.namespaces[0] += {"futureNamespace": null}
		| .linux.resources += {"futureResource": {"limit": "64M"}} | .process.user += {"futureUser": 0.5}'
	probe ids
	ok
	says "pid 1"
	is "$err" "" stderr
}

@test "a frozen container is paused" {
	local dir
	start_probe wait
	dir=$(cgroup_dir freezer)
	if unified; then echo 1 >"$dir/cgroup.freeze"; else echo FROZEN >"$dir/freezer.state"; fi
	wait_for 3 is_state paused
	if unified; then echo 0 >"$dir/cgroup.freeze"; else echo THAWED >"$dir/freezer.state"; fi
	wait_for 3 is_state running
}

@test "a cgroup that was there before is used and stays" {
	skip_on runc "1.1 removes it"
	skip_on crun "1.8 removes it"
	local dir controller dirs=()
	for dir in $(awk '/ - cgroup2? / { print $5 }' /proc/self/mountinfo | sort -u); do
		mkdir -p "$dir/$id" 2>/dev/null && dirs+=("$dir/$id")
	done
	probe ids
	ok
	for dir in "${dirs[@]}"; do [[ -d $dir ]] || { complain "$dir is gone"; return 1; }; done
	rmdir "${dirs[@]}" 2>/dev/null || true
	nothing_left
}

# The schema's "required" and the types of its properties; the enumeration of `status` leaves room in the text (runtime.md#state).
adheres() {
	jq -e --slurpfile schema "$HERE/../spec-schema/state-schema.json" '
		. as $state | $schema[0] as $s
		| all($s.required[]; in($state))
		and all($s.properties | to_entries[] | select(.value.type and $state[.key] != null);
			($state[.key] | type) == (.value.type | if . == "integer" then "number" else . end))
		and (($s.properties.status.enum | index($state.status)) != null)
		and ($state.pid // 0) >= 0 and (($state.pid // 0) | floor) == ($state.pid // 0)
		and (($state.annotations // {}) | to_entries | all(.value | type == "string"))' >/dev/null ||
		{ complain "this state does not adhere to the schema"; return 1; }
}

@test "state adheres to the specification's schema in every status" {
	edit '.annotations = {"a": "b"}'
	args exit 0
	create
	ok
	rt state "$id" | adheres
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	rt state "$id" | adheres
	call rt delete "$id"
	args wait
	create
	call rt start "$id"
	rt state "$id" | adheres
}
