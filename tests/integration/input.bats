# Broken and malicious input at the command line: config.json that is cut, odd, huge or no file at all (security cases C47 to C56).
load lib.bash

refused() { # WHAT
	LIMIT=10 call rt create --bundle "$bundle" "$id"
	[[ $code != 0 ]] || { complain "accepted: ${1-}"; rt delete --force "$id"; return 1; }
	[[ $code != 124 && $code -lt 128 ]] || { complain "hung or died: ${1-}"; return 1; }
	is "$(wc -l <<<"$err")" 1 "lines on stderr for ${1-}"
	[[ ! -e $state/$id ]] || { complain "state left: ${1-}"; return 1; }
}

@test "C47: config.json missing, empty, or blank" {
	rm "$bundle/config.json"
	refused missing
	contains "$err" config.json
	: >"$bundle/config.json"
	refused empty
	printf ' \n\t ' >"$bundle/config.json"
	refused blank
	nothing_left
}

@test "C47: config.json cut at many places" {
	local size at
	jq -c . <"$bundle/config.json" >"$T/whole"
	size=$(stat -c %s "$T/whole")
	for ((at = 1; at < size - 1; at += 37)); do
		head -c "$at" "$T/whole" >"$bundle/config.json"
		refused "cut at $at"
	done
	nothing_left
}

@test "C47: the document null, a number, a string, an array" {
	local text
	skip_on runc "1.1 crashes on null"
	for text in null 5 '"text"' '[]' 'true'; do
		printf '%s' "$text" >"$bundle/config.json"
		refused "$text"
	done
	printf '{}' >"$bundle/config.json"
	refused '{}'
}

@test "a bundle whose path is not valid UTF-8 is refused: its record would name another directory" {
	needs caisson "others record another name"
	local bad=$T/$'x\xff' mark=$T/hook-ran
	edit '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo >>" + $mark]}]}' --arg mark "$mark"
	cp -a "$bundle" "$bad"
	mkdir "$T/"$'x\xef\xbf\xbd'
	bundle=$bad refused "by its name"
	contains "$err" "x\\xff': its path is not valid UTF-8"
	cd "$bad"
	LIMIT=10 call rt run "$id"
	fails "not valid UTF-8"
	ln -s "$bad" "$T/link"
	LIMIT=10 call rt run --bundle "$T/link" "$id"
	fails "not valid UTF-8"
	cd "$T"
	[[ ! -e $mark ]]
	nothing_left
	# What is valid is no other's name.
	edit 'del(.hooks)'
	bundle=$T/$'\xc3\xbc \xe2\x82\xac'
	cp -a "${bad%x*}bundle" "$bundle"
	create
	ok
	is "$(rt state "$id" | jq -r .bundle)" "$bundle"
}

@test "an ordinary user beside a cgroup whose path is not valid UTF-8: refused, since delete would look for another one" {
	local mount=/sys/fs/cgroup dir
	needs caisson "others record another name"
	cd "$T"
	rm -r "$bundle"
	load as_user.bash
	user_setup
	owner_option=()
	if ! unified; then
		[[ -e $mount/unified/cgroup.controllers ]] || skip "no cgroup v2 tree"
		host_mount --bind $mount/unified $mount
	fi
	args ids
	dir=$mount/$id-$'\xff'
	mkdir "$dir" "$dir/own" || skip "no cgroup can be made here"
	chown "$user" "$dir" "$dir/cgroup.procs"
	in_it() (echo "$BASHPID" >"$dir/own/cgroup.procs" && rt "$@")
	call in_it run --bundle "$bundle" "$id"
	rmdir "$dir"/*/ "$dir"
	fails "invalid cgroup '/$id-\\xff/$id': its path is not valid UTF-8"
	[[ ! -e $state/$id ]]
}

@test "C48: deep nesting is refused quickly" {
	local depth
	for depth in 65 1000 1000000; do
		{ printf '{"annotations":{},"x":'; head -c "$depth" /dev/zero | tr '\0' '['; head -c "$depth" /dev/zero | tr '\0' ']'; printf '}'; } >"$bundle/config.json"
		skip_on runc "Go has a limit of 10,000, and says less"
		refused "depth $depth"
		{ head -c "$depth" /dev/zero | tr '\0' '['; } >"$bundle/config.json"
		refused "unclosed depth $depth"
	done
}

@test "C49: config.json is a directory, a fifo, a device" {
	rm "$bundle/config.json"
	mkdir "$bundle/config.json"
	refused directory
	rmdir "$bundle/config.json"
	skip_on runc "1.1 waits for the fifo, and reads the device"
	mkfifo "$bundle/config.json"
	refused fifo
	rm "$bundle/config.json"
	mknod "$bundle/config.json" c 1 5
	refused "device zero"
	rm "$bundle/config.json"
	nothing_left
}

@test "C49: a config.json that is far too big" {
	skip_on runc "reads all of it"
	local before=${EPOCHREALTIME/./}
	head -c 5000000 /dev/zero | tr '\0' ' ' >>"$bundle/config.json"
	refused "5 MB of blanks"
	truncate -s 4G "$bundle/config.json"
	refused "4 GiB sparse"
	rm "$bundle/config.json"
	(( ${EPOCHREALTIME/./} - before < 10000000 * SLOW ))
}

@test "a config.json above the limit is read where it is asked for, and deleted with its copy" {
	needs caisson "--config-limit"
	jq -c '.annotations["big"] = ("x" * 5000000)' <"$bundle/config.json" >"$T/big" && mv "$T/big" "$bundle/config.json"
	refused "5 MB of annotation"
	contains "$err" "--config-limit"
	call rt create --config-limit 65 --bundle "$bundle" "$id"
	fails "at most 64"
	edit '.hooks.poststop = [{"path": "/bin/true"}]'
	call rt create --config-limit 8 --bundle "$bundle" "$id"
	ok
	call rt delete "$id"
	ok
	nothing_left
}

@test "C50: numbers: out of range, fractions, exponents, text" {
	skip_on runc "takes some of them"
	skip_on crun "takes some of them"
	local filter number
	jq -c . <"$bundle/config.json" >"$T/whole"
	while read -r filter number; do
		jq -c "$filter = \"@@\"" <"$T/whole" | sed "s|\"@@\"|$number|" >"$bundle/config.json"
		refused "$filter $number"
	done <<-'TABLE'
		.process.user.uid 4294967295
		.process.user.uid 4294967296
		.process.user.uid -1
		.process.user.uid 1.0
		.process.user.uid 1e3
		.process.user.uid 1e400
		.process.user.uid 18446744073709551616
		.process.user.uid "1000"
		.process.user.uid true
		.process.user.uid [0]
		.process.user.gid 4294967295
		.process.user.gid "0"
		.process.user.additionalGids [4294967295]
		.process.user.additionalGids [-1]
		.process.user.umask 4294967296
		.process.oomScoreAdj 1001
		.process.oomScoreAdj -1001
		.process.oomScoreAdj 0.5
		.linux.resources.pids.limit 9223372036854775808
		.linux.resources.pids.limit "100"
		.linux.resources.memory.limit 9223372036854775808
		.linux.resources.memory.limit "64M"
		.linux.resources.memory.limit 1e9
		.linux.resources.memory.limit -2
		.linux.resources.cpu.shares -1
		.linux.resources.cpu.shares 18446744073709551616
		.linux.resources.cpu.period -5
		.linux.timeOffsets.monotonic.secs 9223372036854775808
		.process.noNewPrivileges "true"
		.process.noNewPrivileges 1
		.process.noNewPrivileges "false"
		.process.args "sh"
		.process.args {}
		.process.args [1]
		.process.env {"A":"b"}
		.process.cwd ["/"]
		.root.readonly "yes"
		.mounts {}
		.mounts ["/proc"]
		.linux []
		.hostname 5
		.annotations {"a":1}
		.annotations []
		.linux.namespaces ["pid"]
	TABLE
	nothing_left
}

@test "C50: the largest legal numbers are taken" {
	edit '.linux.resources.memory = {"limit": 1073741824} | .process.oomScoreAdj = 1000'
	probe ids
	ok
}

@test "C51: duplicate keys are refused at every level" {
	skip_on runc "the last one wins"
	skip_on crun "takes them"
	local text
	jq -c . <"$bundle/config.json" >"$T/whole"
	while IFS='|' read -r from to; do
		sed "s|$from|$to|" "$T/whole" >"$bundle/config.json"
		if cmp -s "$T/whole" "$bundle/config.json"; then complain "no change: $from"; false; fi
		refused "$to"
	done <<-'TABLE'
		"ociVersion":|"ociVersion":"1.0.2","ociVersion":
		"noNewPrivileges":true|"noNewPrivileges":true,"noNewPrivileges":false
		"uid":0|"uid":1000,"uid":0
		"hostname":"boxed"|"hostname":"a","hostname":"b"
		"type":"pid"|"type":"pid","type":"uts"
		"ociVersion":|"unknown":{"a":1,"a":2},"ociVersion":
	TABLE
}

@test "C51: a key of another case is unknown: it does not weaken anything" {
	skip_on runc "Go does not see the difference"
	edit '.process += {"NoNewPrivileges": false}'
	probe confinement
	ok
	says "nnp 1"
}

@test "C52: NUL, lone surrogates, bad UTF-8 are refused" {
	skip_on runc "replaces some of them"
	skip_on crun "cuts at NUL"
	local bad
	jq -c . <"$bundle/config.json" >"$T/whole"
	for bad in '\\u0000' '\\ud800' '\\udc00' '\\ud800x' $'\xff' $'\xc0\x80' $'\xed\xa0\x80' $'\xf4\x90\x80\x80'; do
		LC_ALL=C sed "s|\"hostname\":\"boxed\"|\"hostname\":\"b${bad}x\"|" "$T/whole" >"$bundle/config.json"
		if cmp -s "$T/whole" "$bundle/config.json"; then complain "no change: $bad"; false; fi
		refused "hostname with $bad"
		LC_ALL=C sed "s|\"PATH=/bin\"|\"PATH=/bin\",\"A=b${bad}x\"|" "$T/whole" >"$bundle/config.json"
		refused "env with $bad"
	done
	nothing_left
}

@test "C53: anything after the document, a byte order mark, comments, trailing commas are refused" {
	skip_on runc "takes some of them"
	local text
	jq -c . <"$bundle/config.json" >"$T/whole"
	{ cat "$T/whole"; echo '{}'; } >"$bundle/config.json"
	refused "second document"
	{ cat "$T/whole"; printf '\0'; } >"$bundle/config.json"
	refused "NUL after the end"
	{ printf '\xef\xbb\xbf'; cat "$T/whole"; } >"$bundle/config.json"
	refused "byte order mark"
	{ echo '/* hello */'; cat "$T/whole"; } >"$bundle/config.json"
	refused comment
	{ echo '// hello'; cat "$T/whole"; } >"$bundle/config.json"
	refused "line comment"
	sed 's/}$/,}/' "$T/whole" >"$bundle/config.json"
	refused "trailing comma"
	sed 's/"hostname":"boxed"/"hostname":NaN/' "$T/whole" >"$bundle/config.json"
	refused NaN
	sed "s/\"hostname\":\"boxed\"/'hostname':'boxed'/" "$T/whole" >"$bundle/config.json"
	refused "single quotes"
}

@test "an error in config.json tells line, column and path" {
	needs caisson "positions"
	printf '{\n\t"ociVersion": "1.0.2",\n\t"root": {"path": "rootfs"},\n\t"process": {\n\t\t"user": {"uid": "zero", "gid": 0}\n\t}\n}\n' >"$bundle/config.json"
	refused
	contains "$err" "config.json:5:"
	contains "$err" process.user.uid
	contains "$err" "expected a number, found a string"
}

@test "unknown properties and annotations are ignored" {
	edit '. + {"x-unknown": {"deep": [1, {"a": null}]}} | .process.unknown = 5 | .linux.futureThing = ["a"] | .annotations = {"org.example.unknown": "x"}
		| .mounts[0].unknownThing = {}'
	probe ids
	ok
	is "$err" ""
}

@test "null is absent" {
	edit '.annotations = null | .hooks = null | .linux.seccomp = null | .process.rlimits = null | .linux.sysctl = null | .process.oomScoreAdj = null'
	probe ids
	ok
}

@test "any ociVersion is taken" {
	local version
	for version in 1.0.0 1.3.0 1.99.0-dev 2.0.0; do
		edit '.ociVersion = $v' --arg v $version
		probe ids
		ok
	done
}

@test "ociVersion missing is refused" {
	skip_on runc "takes it"
	skip_on crun "takes it"
	edit 'del(.ociVersion)'
	refused
	contains "$err" ociVersion
}

@test "sections for other systems are ignored" {
	edit '. + {"windows": {"layerFolders": []}, "solaris": {}, "vm": {"kernel": {"path": "/x"}}, "zos": {}}'
	probe ids
	ok
}

@test "fields that belong to a later version of ours are refused, never ignored" {
	needs caisson "what is not there yet"
	local filter
	cp "$bundle/config.json" "$T/good"
	while read -r filter; do
		cp "$T/good" "$bundle/config.json"
		edit "$filter"
		refused "$filter"
		contains "$err" "not supported yet"
	done <<-'TABLE'
		.linux.intelRdt = {"closID": "x"}
	TABLE
	nothing_left
}

@test "limits we cannot put in force are refused, and those we can are in force" {
	skip_on runc "1.1 drops some of them"
	skip_on crun "drops some of them"
	local filter
	cp "$bundle/config.json" "$T/good"
	while read -r filter; do
		cp "$T/good" "$bundle/config.json"
		edit "$filter"
		LIMIT=10 call rt create --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			grep -qrsF "$(grep -oE '[0-9]{5,}' <<<"$filter" | tail -1)" /sys/fs/cgroup/*/"$id" "/sys/fs/cgroup/$id" || { complain "accepted, not in force: $filter"; false; }
		else
			fails
		fi
		call rt delete --force "$id"
		nothing_left
	done <<-'TABLE'
		.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]
		.linux.resources.rdma = {"dev": {"hcaHandles": 12345}}
		.linux.resources.unified = {"memory.high": "13352960"}
		.linux.resources.unified = {"nosuch.file": "12345"}
	TABLE
}

@test "C56: hostile mount options" {
	local option
	skip_on runc "hands them to the kernel"
	cp "$bundle/config.json" "$T/good"
	while read -r option; do
		cp "$T/good" "$bundle/config.json"
		edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": [$o]}]' --arg o "$option"
		refused "$option"
	done <<-'TABLE'
		X-mount.owner=root
		lowerdir=a:b
		uid=0,,gid=0
		no,such
		loop
		helper=evil
	TABLE
	cp "$T/good" "$bundle/config.json"
	edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["size=" + "1" * 65536]}]'
	refused "64 KiB"
	nothing_left
}

@test "C61: a large annotation and long args are fine" {
	edit '.annotations = {"big": ("x" * 200000)} | .process.env += ["BIG=" + "y" * 100000]'
	probe ids
	ok
	says "pid 1"
}

@test "ten thousand environment entries" {
	edit '.process.env += [range(10000) | "VARIABLE_\(.)=\(.)"]'
	probe env
	ok
	is "$(grep -c '^env VARIABLE_' <<<"$out")" 10000
}
