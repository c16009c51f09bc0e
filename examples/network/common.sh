# What the examples share: containers with busybox in them, a web page that one serves and the others read; and cleaning up. Sourced.
# shellcheck shell=bash disable=SC2034,SC2154
set -euo pipefail
caisson=${CAISSON:-$here/../../build/caisson}
for tool in "$caisson" busybox jq ip; do
	command -v "$tool" >/dev/null || { echo "$tool is missing (apt-get install busybox-static jq iproute2; make)" >&2; exit 1; }
done
work=$(mktemp -d)
containers=()

# On the way out, whatever happened: the containers; then what the example itself has made.
clean_up() {
	local status=$? id
	set +e
	for id in "${containers[@]}"; do box delete --force "$id"; done
	take_down 2>/dev/null
	rm -rf "$work"
	exit $status
}
trap clean_up EXIT

box() { "$caisson" --root "$work/state" "$@"; }
say() { echo "== $*"; }

# serve ID FILTER: a container in the background that serves its page; its configuration is the usual one, changed by a filter of jq's.
serve() {
	local bundle=$work/$1
	mkdir -p "$bundle"/rootfs/{bin,www,proc,sys,dev,tmp}
	cp "$(command -v busybox)" "$bundle/rootfs/bin/busybox"
	echo "hello from $1" >"$bundle/rootfs/www/index.html"
	box spec --example --bundle "$bundle"
	jq --arg id "$1" --arg here "$here" --arg work "$work" "$2"'
		| .process.terminal = false | .process.args = ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
		| .hostname = $id | .linux.cgroupsPath = "/caisson-example-\($id)"' <"$bundle/config.json" >"$work/config"
	mv "$work/config" "$bundle/config.json"
	containers+=("$1")
	box run --detach --bundle "$bundle" "$1" </dev/null >"$bundle/output" 2>&1 || { cat "$bundle/output" >&2; return 1; }
}

# read_page COMMAND... ADDRESS: what wget, run by that command, gets there; the server may need a moment.
read_page() {
	local tries
	for ((tries = 0; tries < 50; tries++)); do
		"${@:1:$#-1}" busybox timeout 2 busybox wget -q -O - "http://${*: -1}:8080/" 2>"$work/err" && return
		sleep 0.1
	done
	cat "$work/err" >&2
	return 1
}

# all_read ADDRESS ADDRESS: both containers read the other's page, and the host reads both.
all_read() {
	local page
	page=$(read_page box exec one "$2"); echo "one reads:  $page"
	page=$(read_page box exec two "$1"); echo "two reads:  $page"
	page=$(read_page env -u http_proxy "$1"); echo "host reads: $page"
	page=$(read_page env -u http_proxy "$2"); echo "host reads: $page"
}
