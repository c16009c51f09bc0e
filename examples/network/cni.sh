#!/bin/bash
# Two containers whose network a CNI plugin makes and takes down, called by hooks: `bridge` of Debian's containernetworking-plugins.
here=$(cd "$(dirname "$0")" && pwd)
take_down() { ip link delete caisson1; }
. "$here/common.sh"
plugins=${CNI_PATH:-/usr/lib/cni}
[[ -x $plugins/bridge ]] || { echo "$plugins/bridge is missing (apt-get install containernetworking-plugins)" >&2; exit 1; }
address_of() { jq -r '.ips[0].address | split("/")[0]' "$work/cni/$1.result"; }

say "the network's configuration, as CNI has it"
mkdir -p "$work/cni"
jq --arg leases "$work/cni/leases" '.ipam.dataDir = $leases' "$here/bridge.conf" | tee "$work/cni/bridge.conf"

for id in one two; do
	say "container $id: createRuntime calls the plugin with ADD, poststop with DEL"
	# shellcheck disable=SC2016
	serve "$id" '.hooks = ({createRuntime: "ADD", poststop: "DEL"} | map_values([{
		path: "\($here)/cni-hook", args: ["cni-hook", ., "\($work)/cni"], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "CNI_PATH='"$plugins"'"] }]))'
	echo "the plugin gave it $(address_of "$id")"
done
all_read "$(address_of one)" "$(address_of two)"

say "deleted: the plugin has taken everything back"
for id in one two; do box delete --force "$id"; done
echo "leases: $(find "$work/cni/leases" -name '10.*' | wc -l), devices on the bridge: $(ip -o link show master caisson1 | wc -l)"
