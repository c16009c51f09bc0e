#!/bin/bash
# Two containers that get devices of the host: linux.netDevices moves and renames them, their addresses go along.
here=$(cd "$(dirname "$0")" && pwd)
take_down() { for device in port-one port-two caisson2; do ip link delete "$device"; done; }
. "$here/common.sh"

say "a bridge, and two cables (veth) that end on the host; the ends have addresses"
ip link add caisson2 type bridge
ip address add 10.88.9.1/24 dev caisson2
ip link set caisson2 up
number=10
for id in one two; do
	number=$((number + 1))
	ip link add "port-$id" type veth peer name "end-$id"
	ip link set "port-$id" master caisson2 up
	ip address add "10.88.9.$number/24" dev "end-$id"
	ip link set "end-$id" up
done
ip -brief address show type veth

say "each container gets an end as its eth0; that of two is to come back"
# shellcheck disable=SC2016
serve one '.linux.netDevices = {"end-\($id)": {name: "eth0"}}'
# shellcheck disable=SC2016
serve two '.linux.netDevices = {"end-\($id)": {name: "eth0"}} | .annotations["io.caisson.netDevices.return"] = "true"'
box exec one busybox ip address show dev eth0
all_read 10.88.9.11 10.88.9.12

say "deleted: a virtual device ends with its network namespace, unless it is brought back"
for id in one two; do box delete --force "$id"; done
for ((i = 0; i < 50; i++)); do ip link show port-one >/dev/null 2>&1 || break; sleep 0.1; done
ip -brief address show type veth
