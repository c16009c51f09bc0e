# features: the document that tells engines what this binary supports (features.md, features-linux.md, contract 8.6).
load lib.bash

features() { call "$RUNTIME" features; ok; }
feature() { jq -r "$1" <<<"$out"; }

# explains FILTER: a configuration changed like this is one we plan; nothing is done.
explains() {
	jq "$1" <"$bundle/config.json" >"$T/try.json"
	call "$RUNTIME" "${owner_option[@]}" explain --bundle "$bundle" --config "$T/try.json"
	[[ $code == 0 ]] || { complain "advertised, but refused: $1"; return 1; }
}

@test "features prints JSON and nothing else, without rights, state, or files" {
	needs caisson "runc needs none of these either, but warns"
	cd /
	call setpriv --reuid 65534 --regid 65534 --clear-groups env -i "$RUNTIME" features
	if [[ $code == 126 || $code == 127 ]]; then skip "the runtime's file cannot be executed by others"; fi
	ok
	is "$err" ""
	is "$(jq -s length <<<"$out")" 1
	call "$RUNTIME" --root /nonexistent/root --log "$T/log" --log-format json features
	ok
	is "$err" ""
	jq -e . <<<"$out" >/dev/null
	is "$(cat "$T/log")" ""
	call "$RUNTIME" features more
	exits 1
}

# The schema lags behind the text: memoryPolicy, and two words of intelRdt, are in features-linux.md alone.
@test "features: every property of the schema, and no other" {
	needs caisson "older ones know fewer"
	local schemas=$HERE/../spec-schema
	[[ -e $schemas/features-linux.json ]] || skip "the schemas are not here"
	features
	is "$(feature 'keys | join(" ")')" "$(jq -r '.properties | keys | join(" ")' "$schemas/features-schema.json")"
	is "$(feature '.linux | del(.memoryPolicy) | keys | join(" ")')" \
		"$(jq -r '.linux.properties | keys | join(" ")' "$schemas/features-linux.json")"
	is "$(feature '.linux | del(.memoryPolicy, .intelRdt.schemata, .intelRdt.monitoring)
			| to_entries | sort_by(.key)[] | select(.value | type == "object") | [.key, (.value | keys)] | tostring')" \
		"$(jq -r '.linux.properties | to_entries | sort_by(.key)[] | select(.value.properties) | [.key, (.value.properties | keys)] | tostring' \
			"$schemas/features-linux.json")"
	is "$(feature '.linux.memoryPolicy | keys | join(" ")')" "flags modes"
	is "$(feature '.linux.intelRdt | keys | join(" ")')" "enabled monitoring schemata"
	# null is not the same as empty (features.md): nothing of ours is unknown to us.
	is "$(feature '[.. | nulls] | length')" 0
}

@test "features: versions, annotations" {
	features
	is "$(feature .ociVersionMin)" 1.0.0
	is "$(feature '[.annotations[] | type] | unique | join(" ")')" string
	is "$(feature '.ociVersionMin, .ociVersionMax' | sort -V | head -1)" 1.0.0
	[[ $(feature .ociVersionMax) =~ ^1\.[0-9]+\.[0-9]+(-dev)?$ ]]
	[[ $(feature '.annotations["org.opencontainers.runc.checkpoint.enabled"]') =~ ^(true|false)$ ]]
	needs caisson "its names"
	call "$RUNTIME" --version
	local version=$out
	features
	contains "$version" "version $(feature '.annotations["io.caisson.version"]')"
	contains "$version" "commit: $(feature '.annotations["io.caisson.commit"]')"
	contains "$version" "spec: $(feature .ociVersionMax)"
	[[ $(feature '.annotations["io.github.seccomp.libseccomp.version"]') =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	# What we act on is named, so that engines can keep it from strangers.
	is "$(feature '.potentiallyUnsafeConfigAnnotations | join(" ")')" "io.caisson.rootfs. io.caisson.netDevices. org.systemd.property."
}

@test "features: checkpoint is said to be there only if the command is" {
	features
	local said
	said=$(feature '.annotations["org.opencontainers.runc.checkpoint.enabled"]')
	call "$RUNTIME" checkpoint --help
	[[ ($said == true && $code == 0) || ($said == false && $code != 0) ]]
}

@test "features: all that is advertised is recognised" {
	needs caisson "explain"
	local list word
	features
	list=$out
	for word in $(feature '.mountOptions[]'); do
		if [[ $word == idmap || $word == ridmap ]]; then
			explains '.mounts += [{destination: "/m", source: "/", options: ["rbind", "'"$word"'"], uidMappings: [{containerID: 0, hostID: 9, size: 1}],
				gidMappings: [{containerID: 0, hostID: 9, size: 1}]}]'
		else
			explains '.mounts += [{destination: "/m", type: "tmpfs", source: "/", options: ["'"$word"'"]}]'
		fi
		out=$list
	done
	is "$(feature .linux.mountExtensions.idmap.enabled)" true
	for word in $(feature '.linux.namespaces[]'); do
		explains '.linux.namespaces |= map(select(.type != "'"$word"'")) + [{type: "'"$word"'", path: "/proc/self/ns/x"}]'
		out=$list
	done
	for word in $(feature '.linux.capabilities[]'); do
		explains '.process.capabilities.bounding = ["'"$word"'"]'
		out=$list
	done
	for word in $(feature '.hooks[]'); do
		explains '.hooks["'"$word"'"] = [{path: "/bin/true"}]'
		[[ $word == poststop ]] || contains "$out" "/bin/true"
		out=$list
	done
	for word in $(feature '.linux.memoryPolicy.modes[]'); do
		explains '.linux.memoryPolicy = {mode: "'"$word"'"} | if ("'"$word"'" | test("DEFAULT|LOCAL")) then . else .linux.memoryPolicy.nodes = "0" end'
		out=$list
	done
	for word in $(feature '.linux.memoryPolicy.flags[]'); do
		explains '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["'"$word"'"]}'
		out=$list
	done
}

@test "features: seccomp's words are recognised, and what the kernel supports is a part of what is known" {
	needs caisson "explain"
	local list word
	features
	list=$out
	is "$(feature '.linux.seccomp | .supportedFlags - .knownFlags | length')" 0
	for word in $(feature '.linux.seccomp.actions[]'); do
		[[ $word != SCMP_ACT_NOTIFY ]] || continue
		explains '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: "'"$word"'"}]}'
		out=$list
	done
	explains '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/agent", syscalls: [{names: ["sync"], action: "SCMP_ACT_NOTIFY"}]}'
	out=$list
	for word in $(feature '.linux.seccomp.operators[]'); do
		explains '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: "SCMP_ACT_ERRNO",
			args: [{index: 0, value: 1, valueTwo: 1, op: "'"$word"'"}]}]}'
		out=$list
	done
	for word in $(feature '.linux.seccomp.archs[]'); do
		# Known by name; no filter can be for both byte orders.
		explains '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["'"$word"'"]}' >/dev/null || contains "$err" "byte order"
		out=$list
	done
	for word in $(feature '.linux.seccomp.supportedFlags[]'); do
		explains '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["'"$word"'"], listenerPath: "/run/agent",
			syscalls: [{names: ["sync"], action: "SCMP_ACT_NOTIFY"}]}'
		out=$list
	done
}

@test "features: what is said not to be supported is refused, not ignored" {
	needs caisson "others do more"
	features
	if [[ $(feature .linux.intelRdt.enabled) == false ]]; then
		jq '.linux.intelRdt = {closID: "x"}' <"$bundle/config.json" >"$T/try.json"
		call "$RUNTIME" "${owner_option[@]}" explain --bundle "$bundle" --config "$T/try.json"
		fails intelRdt
	fi
}
