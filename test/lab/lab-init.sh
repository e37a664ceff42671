#!/bin/bash
# PID 1 of a lab. It mounts what must be private, starts the libvirt daemons and then only reaps: QEMU is an
# orphan after its launcher has gone, and libvirt waits until its pid has vanished.
# usage: lab-init.sh DIR  (DIR holds run, varlib, varcache, varlog, etc, tmp)
set -euo pipefail
dir=$1

# The sysfs of this network namespace, and none of the machine's cgroups: libvirt would make its own in them, where
# they would outlive the lab. Without any it does without.
umount --recursive /sys
mount -t sysfs sysfs /sys
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
mkdir -p /var/lib/libvirt /var/cache/libvirt /var/log/libvirt
mount --bind "$dir/run" /run # with the lock files of consoles in /run/lock
mount --bind "$dir/varlib" /var/lib/libvirt
mount --bind "$dir/varcache" /var/cache/libvirt
mount --bind "$dir/varlog" /var/log/libvirt
mount --bind "$dir/etc" /etc/libvirt

virtlogd -d -p /run/libvirt/virtlogd.pid
virtlockd -d -p /run/libvirt/virtlockd.pid
libvirtd -d -p /run/libvirt/libvirtd.pid
touch "$dir/up"

trap 'exit 0' TERM
while :; do
  sleep 3600 &
  wait $! || true
done
