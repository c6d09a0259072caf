# Steps with their time, for the scripts beside this file. Sourced by bash.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

began=$SECONDS

# step TEXT COMMAND…: says what runs and how long it took.
step() {
  local text=$1 start=$SECONDS
  shift
  printf '\n\033[1m▶ %s\033[0m\n' "$text"
  "$@"
  printf '\033[2m  %s: %d s\033[0m\n' "$text" $((SECONDS - start))
}

in_folder() {
  (cd "$1" && shift && "$@")
}

# need_packages NAME…: installs the Debian packages that are missing, or says which and stops.
# Services that a package would start stay off.
need_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are missing; install them, then run this again:" >&2
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap "rm -f $policy" EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_postgres: PostgreSQL's programs, without a cluster of their own: the tests make theirs.
need_postgres() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  local version=postgresql-15
  if [ "$(id -u)" -eq 0 ]; then
    need_packages postgresql-common
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
    apt-cache show $version >/dev/null 2>&1 || version=postgresql
  fi
  need_packages $version
}

# need_tools: Rust and Node as the build wants them.
need_tools() {
  local missing=0
  command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs" >&2; missing=1; }
  command -v npm >/dev/null || { echo "Node 20.19 or newer is missing: see https://nodejs.org" >&2; missing=1; }
  [ $missing -eq 0 ] || exit 1
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
    { echo "Node 20.19 or newer is needed, this is $(node --version)" >&2; exit 1; }
  command -v cc >/dev/null || need_packages gcc libc6-dev
}

# npm_ci FOLDER: installs what the lock file names, unless that was done already.
npm_ci() {
  local stamp=$1/node_modules/.kaibo-lock
  if ! cmp -s "$1/package-lock.json" "$stamp"; then
    in_folder "$1" npm ci --no-fund --no-audit
    cp "$1/package-lock.json" "$stamp"
  fi
}

# python_ci FOLDER: a Python of its own with what requirements.txt names, unless that was done already.
python_ci() {
  local stamp=$1/.venv/.kaibo-lock
  if ! cmp -s "$1/requirements.txt" "$stamp"; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || need_packages python3 python3-venv
    rm -rf "$1/.venv"
    python3 -m venv "$1/.venv"
    "$1/.venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$1/requirements.txt"
    cp "$1/requirements.txt" "$stamp"
  fi
}
