#!/bin/bash
# The initramfs of the nested guest: busybox, the guest agent, and the real tools of iSCSI and NFS with their modules.
# usage: nested.sh OUT.initrd
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
version=$(basename "$(ls -d /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -1)")
version=${version#vmlinuz-}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

copy_program() { # with the libraries that it needs
  cp -L "$1" "$root/usr/sbin/"
  ldd "$1" | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -Ln "$library" "$root$library"
  done
}

mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,mnt,root,etc/qemu,lib/modules,usr/bin,usr/sbin,var}
ln -s ../run "$root/var/run"
ln -s ../run/lock "$root/var/lock"
cp /bin/busybox "$root/bin/busybox"
for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -sf /bin/busybox "$root/bin/$applet"; done
for program in /usr/sbin/qemu-ga /usr/sbin/iscsiadm /usr/sbin/iscsid /usr/bin/mount /usr/bin/umount /sbin/mount.nfs; do
  copy_program "$program"
done
ln -s ../usr/sbin/mount.nfs "$root/sbin/mount.nfs"
ln -s mount.nfs "$root/sbin/mount.nfs4"
ln -s mount.nfs "$root/sbin/umount.nfs"
cp /etc/netconfig /etc/services /etc/protocols "$root/etc/" 2>/dev/null || true
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
ln -s /proc/self/mounts "$root/etc/mtab"
for module in virtio_pci virtio_console virtio_net virtio_rng iscsi_tcp sd_mod nfsv4 nfs; do
  modprobe -S "$version" --show-depends "$module" | awk '$1 == "insmod" {print $2}'
done | awk '!seen[$0]++' | while read -r file; do
  cp "$file" "$root/lib/modules/"
  basename "$file" >>"$root/lib/modules/order"
done
cp "$here/nested/init" "$root/init"
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1 >"$out")
