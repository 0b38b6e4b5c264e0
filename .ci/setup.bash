# Functions that ./run and ./test share. To be sourced; sets `top` to the directory of the project.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# What a Debian 12 needs, as PACKAGE or PACKAGE:PROGRAM. With a program, one of that name from elsewhere will do.
packages_to_build=(
  g++:g++ cmake:cmake ninja-build:ninja
  libcaf-dev librestinio-dev libasio-dev libhttp-parser-dev libfmt-dev nlohmann-json3-dev libsimdjson-dev libgit2-dev
  libseccomp-dev libnftables-dev libcli11-dev libcpp-httplib-dev
)
packages_to_run=(
  bash:bash git:git curl:curl procps:ps util-linux:unshare nodejs:node npm:npm
  python3 python3-ipython python3-numpy python3-pandas python3-matplotlib python3-pil
)
packages_to_test=(
  libgtest-dev libgmock-dev clang-format:clang-format python3-pip
  file:file erlang-base:erl erlang-src openssh-client:ssh-keygen openssh-server:/usr/sbin/sshd
  iproute2:ip chromium:chromium
)
packages_for_tsan=(dpkg-dev:dpkg-source)
packages_for_lint=(clang-tidy:clang-tidy)
packages_for_fuzz=(clang-14:clang++-14 libclang-rt-14-dev)

is_installed() { # PACKAGE[:PROGRAM]
  local package=${1%%:*} program=${1#*:}
  [ "$program" != "$1" ] && [ -n "$(type -P "$program")" ] && return 0
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
}

as_root() { # COMMAND...
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the given packages that are missing, as root or with sudo; otherwise says what to do.
require_packages() { # PACKAGE[:PROGRAM]...
  local wanted missing=()
  for wanted in "$@"; do
    is_installed "$wanted" || missing+=("${wanted%%:*}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  type -P apt-get >/dev/null || die "this needs Debian 12 with the packages: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || type -P sudo >/dev/null \
    || die "missing packages, and neither root nor sudo to install them. As root, run:
  apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${missing[*]}"
  as_root apt-get -q update >&2 \
    && as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
      "${missing[@]}" >&2 \
    || die "could not install them. As root, run:
  apt-get install --no-install-recommends ${missing[*]}"
}

# The tests in tests/sdk need the test runner of Node 18, and other releases of clang-format format otherwise.
require_versions_to_test() {
  local node format
  node=$(node --version 2>/dev/null) node=${node#v}
  [ "${node%%.*}" -ge 18 ] 2>/dev/null || die "needs node 18 or newer, found '${node:-none}'"
  format=$(clang-format --version 2>/dev/null)
  [[ $format == *"version 14."* ]] || die "needs clang-format 14 (Debian 12), found '${format:-none}'"
}

# Whether sandboxd can mark workloads here, so that it tells them from clients of this machine (docs/security.md).
can_mark_workloads() {
  local place
  place=$(awk '$3 == "cgroup2" { place = $2 } END { print place }' /proc/mounts)
  [ "$(id -u)" -eq 0 ] && [ -n "$place" ] && [ -w "$place/cgroup.procs" ] && unshare --mount true 2>/dev/null
}

# Fetches what a directory with a package-lock.json needs of npm, unless that has been done for this very lock file.
fetch_node_modules() { # DIRECTORY
  local place=$top/$1 mark
  mark=$place/node_modules/.lock-file-of-this
  cmp -s "$place/package-lock.json" "$mark" && return 0
  (cd "$place" && npm ci --no-audit --no-fund --loglevel=error >&2) || die "npm cannot fetch what $1 needs"
  cp "$place/package-lock.json" "$mark"
}

# Unpacks a package of Debian below build/cache, without installing it. Prints where.
unpacked_package() { # PACKAGE
  local place=$top/build/cache/packages/$1
  if [ ! -e "$place/complete" ]; then
    rm -rf "$place" && mkdir -p "$place"
    (cd "$place" && { apt-get -q download "$1" || { as_root apt-get -q update && apt-get -q download "$1"; }; } >&2 \
      && dpkg-deb -x "$1"_*.deb . && rm "$1"_*.deb && touch complete) || die "cannot fetch $1"
  fi
  echo "$place"
}

# Configures build/KIND.
configure_project() { # KIND CMAKE_ARGUMENT...
  local directory=$top/build/$1 launcher=()
  shift
  mkdir -p "$top/build"
  fetch_node_modules interpreters/node
  fetch_node_modules inspector/page
  [ -n "$(type -P ccache)" ] && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  cmake -S "$top" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo "${launcher[@]}" "$@" \
    >"$directory.log" 2>&1 || { cat "$directory.log" >&2; die "cannot configure $directory"; }
}

# Configures build/KIND and builds a target in it.
build_project() { # KIND TARGET CMAKE_ARGUMENT...
  local kind=$1 target=$2
  shift 2
  configure_project "$kind" "$@"
  # What ccache asks for before it keeps what was compiled with precompiled headers.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  cmake --build "$top/build/$kind" --target "$target" >&2 || die "cannot build $target in build/$kind"
}
