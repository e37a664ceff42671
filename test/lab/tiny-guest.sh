#!/bin/bash
# The tiny guest as a disk image: Debian's cloud kernel, busybox, the real qemu-guest-agent and the real chpasswd.
# MBR with a FAT partition (syslinux for BIOS, systemd-boot for UEFI) and an ext4 root. No loop device, no mount.
# usage: tiny-guest.sh OUT.qcow2 login|shell   (what waits on ttyS0: a login prompt or a root shell)
set -euo pipefail
out=$1 serial=$2
here=$(cd "$(dirname "$0")" && pwd)
version=$(basename "$(ls -d /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -1)")
version=${version#vmlinuz-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root early=$work/early

copy_program() { # with the libraries that it needs
  cp "$1" "$root/usr/sbin/"
  ldd "$1" | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -Ln "$library" "$root$library"
  done
}

copy_modules() { # DIR LIST MODULE...: the files, and their load order in LIST
  local dir=$1 list=$2 file name
  shift 2
  mkdir -p "$dir"
  for name in "$@"; do
    modprobe -S "$version" --show-depends "$name" | awk '$1 == "insmod" {print $2}'
  done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$dir/"
    basename "$file" >>"$dir/$list"
  done
}

make_root() {
  mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,mnt,media,data,root,home/tester,etc/qemu,usr/bin,usr/sbin,var}
  ln -s ../run "$root/var/run"
  chmod 700 "$root/root"
  cp /bin/busybox "$root/bin/busybox"
  for applet in $(/bin/busybox --list); do
    case $applet in
      busybox | chpasswd) ;;
      init | getty | poweroff | reboot | halt | switch_root) ln -s /bin/busybox "$root/sbin/$applet" ;;
      *) ln -s /bin/busybox "$root/bin/$applet" ;;
    esac
  done
  copy_program /usr/sbin/qemu-ga
  copy_program /usr/sbin/chpasswd
  mv "$root/usr/sbin/chpasswd" "$root/usr/sbin/chpasswd.real"
  cp "$here/tiny/chpasswd" "$root/usr/sbin/"
  cp "$here/tiny/shutdown" "$root/sbin/"
  cp "$here"/tiny/{inittab,rc,agent,power-button,stop,dhcp} "$root/etc/"
  copy_modules "$root/lib/modules" order virtio_console virtio_net button evdev virtio_scsi sd_mod sr_mod isofs \
    ata_piix virtio_rng virtio_balloon
  make_accounts
}

make_accounts() {
  case $serial in
    login) echo 'ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100' >>"$root/etc/inittab" ;;
    shell) echo 'ttyS0::respawn:-/bin/sh' >>"$root/etc/inittab" ;;
    *) echo "unknown serial variant: $serial" >&2 && exit 1 ;;
  esac
  printf 'root:x:0:0:root:/root:/bin/sh\ntester:x:1000:1000:tester:/home/tester:/bin/sh\n' >"$root/etc/passwd"
  # The root password at first is tiny-first; tester can log in only once a password was set.
  printf 'root:%s:19000:0:99999:7:::\ntester:*:19000:0:99999:7:::\n' \
    "$(/bin/busybox mkpasswd -m sha512 tiny-first tinysalt)" >"$root/etc/shadow"
  chmod 600 "$root/etc/shadow"
  printf 'root:x:0:\ntty:x:5:\ntester:x:1000:\n' >"$root/etc/group"
  printf 'ID=tiny\nNAME="Tiny test guest"\nVERSION_ID="1"\nPRETTY_NAME="Tiny test guest 1"\n' >"$root/etc/os-release"
  chown -R 1000:1000 "$root/home/tester"
}

make_initramfs() {
  mkdir -p "$early"/{bin,dev,root}
  cp /bin/busybox "$early/bin/busybox"
  for applet in sh mount insmod sleep switch_root; do ln -s busybox "$early/bin/$applet"; done
  cp "$here/tiny/initramfs-init" "$early/init"
  copy_modules "$early/lib/modules" order-virtio virtio_pci virtio_blk
  copy_modules "$early/lib/modules" order-scsi virtio_scsi sd_mod ata_piix
  (cd "$early" && find . | cpio -o -H newc --quiet | gzip -1 >"$work/initrd")
}

make_disk() {
  local disk=$work/disk.raw boot_mib=26 total_mib=64
  local options='console=tty0 console=ttyS0 net.ifnames=0 quiet'
  truncate -s ${total_mib}M "$disk"
  printf 'start=1MiB,size=%dMiB,type=ef,bootable\nstart=%dMiB,type=83\n' $boot_mib $((boot_mib + 1)) |
    sfdisk -q --no-reread "$disk"
  dd if=/usr/lib/SYSLINUX/mbr.bin of="$disk" bs=440 count=1 conv=notrunc status=none

  truncate -s ${boot_mib}M "$work/boot.fat"
  mkfs.vfat -n TINYBOOT "$work/boot.fat" >/dev/null
  printf 'DEFAULT tiny\nPROMPT 0\nLABEL tiny\n KERNEL /vmlinuz\n INITRD /initrd\n APPEND %s\n' "$options" >"$work/syslinux.cfg"
  printf 'default tiny.conf\ntimeout 0\n' >"$work/loader.conf"
  printf 'title Tiny\nlinux /vmlinuz\ninitrd /initrd\noptions %s\n' "$options" >"$work/tiny.conf"
  mmd -i "$work/boot.fat" ::EFI ::EFI/BOOT ::loader ::loader/entries
  mcopy -i "$work/boot.fat" "/boot/vmlinuz-$version" ::vmlinuz
  mcopy -i "$work/boot.fat" "$work/initrd" "$work/syslinux.cfg" ::
  mcopy -i "$work/boot.fat" /usr/lib/systemd/boot/efi/systemd-bootx64.efi ::EFI/BOOT/BOOTX64.EFI
  mcopy -i "$work/boot.fat" "$work/loader.conf" ::loader/
  mcopy -i "$work/boot.fat" "$work/tiny.conf" ::loader/entries/
  syslinux --install "$work/boot.fat"
  dd if="$work/boot.fat" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none

  mkfs.ext4 -q -F -L tinyroot -m 0 -J size=1 -E offset=$(((boot_mib + 1) * 1048576)) -d "$root" \
    "$disk" $((total_mib - boot_mib - 1))m
  qemu-img convert -f raw -O qcow2 "$disk" "$out"
}

make_root
make_initramfs
make_disk
