# What the scripts share. Sourced with the name of the script in $0; works from any folder.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step="start"
trap 'echo "$(basename "$0"): failed while: $step" >&2' ERR

# Everything that building, testing and measuring needs, by Debian 12's names.
packages=(g++ clang-16 clang-format cmake ninja-build ccache pkgconf python3 git jq
  libboost1.81-dev libssl-dev libsimdjson-dev libspdlog-dev libsqlite3-dev zlib1g-dev
  libcli11-dev libtomlplusplus-dev libgtest-dev libgmock-dev libbenchmark-dev)

# What the sanitizers run with, the peers that tests/peers talks to, and what tests/guard counts with;
# nothing else needs them.
test_packages=(libclang-rt-16-dev python3-websockets nodejs node-ws nginx haproxy valgrind)

say() { echo "== $*" >&2; }

# Installs what is missing of these packages, or prints the one line that would.
# install_packages [NAME...]: without names, what building needs.
install_packages() {
  [ $# -gt 0 ] || set -- "${packages[@]}"
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      trap - ERR
      echo "$(basename "$0"): packages are missing; run: apt-get install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  step="installing packages"
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" bash -s "${missing[@]}" <<'ROOT' >/dev/null
# A package that brings a service must not start it here, now or at the next boot.
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
for service in nginx haproxy; do
  case " $* " in *" $service "*) update-rc.d $service disable ;; esac
done
ROOT
}

# build PRESET [TARGET...]: configures and builds; progress goes to stderr.
build() {
  local preset=$1
  shift
  step="configuring ($preset)"
  say "configuring $preset"
  cmake --preset "$preset" >/dev/null
  step="building ($preset)"
  say "building $preset"
  cmake --build --preset "$preset" ${1:+--target "$@"} >&2
}
