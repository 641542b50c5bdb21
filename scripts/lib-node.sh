# Sourced by the scripts that test, after lib-count.sh: the npm packages of tests/, and the checks of its JavaScript.

# why_no_node: prints why this machine cannot run the tests' JavaScript; fails when it can.
why_no_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "Node.js is not installed; version 20 or newer is needed"
  elif ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'; then
    echo "Node.js $(node --version) is too old; version 20 or newer is needed"
  else
    return 1
  fi
}

# install_packages ROOT: installs exactly what the lock file names. A copy of the lock file in node_modules is the
# proof, written only after npm succeeded.
install_packages() {
  npm ci --prefix "$1/tests" --ignore-scripts --no-audit --no-fund --loglevel=error &&
    cp "$1/tests/package-lock.json" "$1/tests/node_modules/.installed.json"
}

# ensure_packages ROOT: installs the packages unless they are those of the lock file.
ensure_packages() {
  cmp -s "$1/tests/package-lock.json" "$1/tests/node_modules/.installed.json" || install_packages "$1"
}

# check_javascript ROOT: types, format and lints of tests/, whose packages are installed.
check_javascript() {
  check "javascript: types" npm run --prefix "$1/tests" --silent types
  check "javascript: format and lints" npm run --prefix "$1/tests" --silent lint
}
