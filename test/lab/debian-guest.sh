#!/bin/bash
# A true Debian 12 guest: systemd, cloud-init (NoCloud), qemu-guest-agent, sshd; MBR, one ext4 partition, extlinux.
# usage: debian-guest.sh OUT.qcow2   (needs root, a loop device and a Debian mirror: MIRROR, else the host's own)
set -euo pipefail
# In a mount namespace of its own, so that a killed build leaves no mount; the loop device goes with the last one.
[ -n "${IN_OWN_MOUNTS:-}" ] || IN_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
out=$1
own_mirror() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk '$2 == "bookworm" { print $1; exit }'
}
mirror=${MIRROR:-$(own_mirror)}
[ -n "$mirror" ] || { echo "debian-guest.sh: apt knows no mirror of bookworm; name one: MIRROR=URL" >&2; exit 1; }
work=$(mktemp -d)
root=$work/root
cleanup() {
  for place in dev proc ''; do mountpoint -q "$root/$place" && umount "$root/$place"; done
  rm -rf "$work"
}
trap cleanup EXIT

make_tree() {
  local include=systemd-sysv,udev,dbus,cloud-init,cloud-guest-utils,qemu-guest-agent,linux-image-cloud-amd64
  include+=,initramfs-tools,iproute2,isc-dhcp-client,ifupdown,openssh-server,extlinux,e2fsprogs,fdisk,passwd,sudo
  mmdebstrap --quiet --mode=root --variant=minbase --format=tar --components=main --include=$include \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"; echo MODULES=list >"$1/etc/initramfs-tools/conf.d/test"' \
    bookworm "$work/root.tar" "$mirror"
}

make_partition() {
  local loop
  truncate -s 2G "$work/disk.raw"
  echo 'start=1MiB,type=83,bootable' | sfdisk -q --no-reread "$work/disk.raw"
  dd if=/usr/lib/EXTLINUX/mbr.bin of="$work/disk.raw" bs=440 count=1 conv=notrunc status=none
  loop=$(losetup -f --show -o 1048576 "$work/disk.raw")
  # extlinux reads neither 64-bit block numbers nor metadata checksums
  mkfs.ext4 -q -L rootfs -O ^64bit,^metadata_csum "$loop"
  mkdir "$root"
  mount "$loop" "$root"
  losetup -d "$loop" # takes effect when it is no longer mounted
  tar -C "$root" -xf "$work/root.tar" --numeric-owner --xattrs
  rm "$work/root.tar"
  echo 'LABEL=rootfs / ext4 defaults,noatime 0 1' >"$root/etc/fstab"
}

configure_cloud_init() {
  echo 'datasource_list: [ NoCloud, None ]' >"$root/etc/cloud/cloud.cfg.d/95_datasource.cfg"
  # Only what a test proves; each module costs about a second under TCG.
  cat >"$root/etc/cloud/cloud.cfg.d/96_modules.cfg" <<'C'
locale: C.UTF-8
apt_preserve_sources_list: true
manage_etc_hosts: false
cloud_init_modules: [ seed_random, write_files, growpart, resizefs, disk_setup, mounts, set_hostname, update_hostname, users_groups, ssh ]
cloud_config_modules: [ set_passwords, runcmd ]
cloud_final_modules: [ scripts_user, final_message ]
C
}

trim_units() {
  local unit
  for unit in dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-kernel-config.mount sys-fs-fuse-connections.mount systemd-pstore.service systemd-journal-flush.service \
    kmod-static-nodes.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    dpkg-db-backup.timer apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer \
    e2scrub_reap.service cloud-init-hotplugd.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  echo 'Storage=volatile' >>"$root/etc/systemd/journald.conf"
  mkdir -p "$root/etc/systemd/system/getty.target.wants"
  ln -sf /lib/systemd/system/serial-getty@.service \
    "$root/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
}

make_bootable() {
  printf '%s\n' virtio_pci virtio_blk virtio_net virtio_scsi virtio_console sd_mod sr_mod isofs ata_piix virtio_rng \
    >>"$root/etc/initramfs-tools/modules"
  mount --bind /proc "$root/proc"
  mount --bind /dev "$root/dev"
  chroot "$root" update-initramfs -u >/dev/null
  umount "$root/proc" "$root/dev"
  mkdir -p "$root/boot/extlinux"
  cat >"$root/boot/extlinux/extlinux.conf" <<C
DEFAULT debian
PROMPT 0
LABEL debian
 KERNEL /boot/$(basename "$root"/boot/vmlinuz-*)
 INITRD /boot/$(basename "$root"/boot/initrd.img-*)
 APPEND root=LABEL=rootfs rw console=tty0 console=ttyS0 net.ifnames=0 quiet
C
  extlinux --install "$root/boot/extlinux" 2>/dev/null
}

make_unique_at_first_boot() {
  rm -rf "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/etc/ssh/ssh_host_*
  truncate -s 0 "$root/etc/machine-id"
}

make_tree
make_partition
configure_cloud_init
trim_units
make_bootable
make_unique_at_first_boot
umount "$root"
qemu-img convert -f raw -O qcow2 "$work/disk.raw" "$out"
