#!/bin/bash
# A whole Ceph on this loopback: one monitor, one OSD on a sparse file, one manager, cephx. Without systemd and without a
# path of the system. It ends with the PID namespace that it was started in.
# usage: ceph-mini.sh DIR SIZE_BYTES
set -euo pipefail
dir=$1
size=$2
mkdir -p "$dir"/{mon,osd,mgr,log,run}
export CEPH_CONF=$dir/ceph.conf
monitor='[v2:127.0.0.1:3300,v1:127.0.0.1:6789]'
fsid=$(cat /proc/sys/kernel/random/uuid)

cat >"$dir/ceph.conf" <<C
[global]
fsid = $fsid
mon host = $monitor
mon initial members = a
public network = 127.0.0.0/8
keyring = $dir/keyring
run dir = $dir/run
admin socket = $dir/run/\$cluster-\$name.\$pid.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon data avail warn = 1
mon data avail crit = 1
ms bind ipv6 = false
[mon]
auth allow insecure global id reclaim = false
mon data = $dir/mon
[osd]
osd data = $dir/osd
keyring = $dir/osd/keyring
osd objectstore = bluestore
bluestore block size = $size
bluestore fsck on mount = false
osd class load list = *
osd class default list = *
osd memory target = 939524096
# A client that a test has killed holds its lock for so many seconds, instead of 30.
osd client watch timeout = ${NACELLE_LAB_WATCH_SECONDS:-5}
osd scrub begin hour = 0
osd scrub end hour = 0
[mgr]
mgr data = $dir/mgr
keyring = $dir/mgr/keyring
mgr initial modules =
C

ask() { ceph --connect-timeout 10 "$@"; }
keyring() { ceph-authtool --create-keyring "$1" --gen-key -n "$2" "${@:3}" >/dev/null; }

keyring "$dir/keyring" client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
keyring "$dir/mon.keyring" mon. --cap mon 'allow *'
ceph-authtool "$dir/mon.keyring" --import-keyring "$dir/keyring" >/dev/null
monmaptool --create --fsid "$fsid" --addv a "$monitor" "$dir/monmap" >/dev/null
ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/mon.keyring" --setuser root --setgroup root
ceph-mon -i a --public-addrv "$monitor"
for _ in $(seq 100); do ask quorum_status >/dev/null 2>&1 && break || sleep 0.1; done

uuid=$(cat /proc/sys/kernel/random/uuid)
id=$(ask osd new "$uuid")
ask auth get-or-create "osd.$id" mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' -o "$dir/osd/keyring"
ceph-osd -i "$id" --mkfs --osd-uuid "$uuid" >/dev/null 2>&1
ceph-osd -i "$id" >/dev/null 2>&1
ask auth get-or-create mgr.x mon 'allow profile mgr' osd 'allow *' -o "$dir/mgr/keyring"
ceph-mgr -i x
for _ in $(seq 300); do ask osd stat 2>/dev/null | grep -q '1 up.*1 in' && break || sleep 0.1; done
ask osd pool create rbd 8 8 replicated >/dev/null 2>&1
ask osd pool application enable rbd rbd >/dev/null 2>&1
timeout 60 rbd -p rbd ls # waits until the placement groups are there
# Figures of the pool come from the manager, some seconds later.
for _ in $(seq 300); do ask df --format json 2>/dev/null | grep -Eq '"name":"rbd"[^}]*"max_avail":[1-9]' && break || sleep 0.2; done
