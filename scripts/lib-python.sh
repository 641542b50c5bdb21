# Sourced by the scripts that test, after lib-count.sh and lib-venv.sh: format, lints and types of the Python code.

# Python scripts outside of local, which the tools do not find by themselves.
PYTHON_SCRIPTS=(scripts/doc-style tests/harness/aws_cli.py .github/scripts/hide .github/scripts/redact)

# check_python ROOT: installs the tools where they are missing, and runs them.
check_python() {
  local ruff=.venv/bin/ruff
  check "python environment" ensure_venv "$1" requirements.txt requirements-dev.txt
  check "python: format" "$ruff" format --check --config local/ruff.toml local "${PYTHON_SCRIPTS[@]}"
  check "python: lints" "$ruff" check local
  check "python: lints of the scripts" "$ruff" check --config local/ruff.toml "${PYTHON_SCRIPTS[@]}"
  check "python: types" .venv/bin/mypy --scripts-are-modules --config-file local/mypy.ini local "${PYTHON_SCRIPTS[@]}"
}
