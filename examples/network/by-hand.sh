#!/bin/bash
# Two containers on a bridge: their network namespaces are made by hand with `ip netns`, and joined by path.
here=$(cd "$(dirname "$0")" && pwd)
take_down() {
	for id in one two; do
		ip link delete "caisson-$id"
		ip netns delete "caisson-$id"
	done
	ip link delete caisson0
}
. "$here/common.sh"

say "a bridge; the host has an address on it"
ip link add caisson0 type bridge
ip address add 10.88.7.1/24 dev caisson0
ip link set caisson0 up

number=10
for id in one two; do
	say "a network namespace, and a cable (veth) from it to the bridge"
	number=$((number + 1))
	ip netns add "caisson-$id"
	ip link add "caisson-$id" type veth peer name eth0 netns "caisson-$id"
	ip link set "caisson-$id" master caisson0 up
	ip -n "caisson-$id" address add "10.88.7.$number/24" dev eth0
	ip -n "caisson-$id" link set eth0 up
	ip -n "caisson-$id" link set lo up
	ip -n "caisson-$id" route add default via 10.88.7.1

	say "container $id joins it"
	# shellcheck disable=SC2016
	serve "$id" '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/caisson-\($id)" else . end)'
done
all_read 10.88.7.11 10.88.7.12
