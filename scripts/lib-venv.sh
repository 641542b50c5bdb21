# Sourced by the scripts: Python environments of the checkout.

need_python() {
  if ! command -v python3 >/dev/null; then
    echo "error: python3 was not found; Python 3.10 or newer is needed, with its venv module." >&2
    return 1
  fi
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "error: $(python3 --version) is too old; Python 3.10 or newer is needed." >&2
    return 1
  fi
}

# ensure_venv ROOT FILE...: installs requirements files into .venv.
ensure_venv() {
  local root="$1"
  shift
  ensure_installed "$root" .venv "$@"
}

# ensure_installed ROOT VENV FILE...: installs each pinned requirements file of ROOT/local into an environment
# unless it is installed already. After an installation the environment holds a copy of the file, so the usual case
# only compares files.
ensure_installed() {
  local root="$1" venv="$2" name
  shift 2
  for name in "$@"; do
    if [ ! -x "$root/$venv/bin/python" ] || ! cmp -s "$root/local/$name" "$root/$venv/$name"; then
      need_python && python3 -E "$root/local/venv_setup.py" "$venv" "$@"
      return
    fi
  done
}
