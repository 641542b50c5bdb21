# Sourced by the scripts that test, after lib-count.sh and lib-venv.sh. Checks of shell scripts, workflows and Terraform,
# without a deployment. A step whose tool is missing is skipped and counted.

# The release of actionlint; its package for Python would download a program when it is installed.
ACTIONLINT=v1.7.12

# The releases of the programs that check dependencies, as in .github/workflows/ci.yml.
CARGO_DENY=0.20.2
CARGO_MACHETE=0.9.2

# check_infra ROOT: runs all of these checks.
check_infra() {
  local root="$1"
  checks="$root/.venv-checks/bin"
  check "linters of shell, workflows and Terraform" ensure_installed "$root" .venv-checks requirements-checks.txt
  check_scripts
  check_workflows
  check_terraform
  check_crates
}

check_scripts() {
  local script scripts=()
  while read -r script; do
    scripts+=("$script")
  done < <(grep -slE '^#!.*bash' scripts/* .ci/* .github/scripts/*)
  # Sourced files are checked too; their paths are relative to the root.
  check "shell: lints" "$checks/shellcheck" --external-sources --check-sourced --source-path=. "${scripts[@]}"
}

check_workflows() {
  [ -d .github/workflows ] || return 0
  if actionlint="$(get_actionlint)"; then
    check "workflows: actionlint" "$actionlint" -shellcheck "$checks/shellcheck" -pyflakes=
  else
    skip "workflows: actionlint" "it is not installed, and there is no Go to build it with"
  fi
  check "workflows: zizmor" "$checks/zizmor" --offline --quiet --min-severity low .github
}

# get_actionlint: prints the path of the program, which is built once; fails when Go is missing or the build fails.
get_actionlint() {
  local folder=".longwire/actionlint-$ACTIONLINT"
  if [ ! -x "$folder/actionlint" ]; then
    command -v go >/dev/null || return 1
    GOBIN="$PWD/$folder" go install "github.com/rhysd/actionlint/cmd/actionlint@$ACTIONLINT" >&2 || return 1
  fi
  echo "$folder/actionlint"
}

check_terraform() {
  local infra=(.venv/bin/python -E local/infra.py) plans=".longwire/plans" why
  rm -rf "$plans"
  if ! why="$("${infra[@]}" provider 2>&1)"; then
    # The comparison of the local stack with the plan is among the Python tests and skips for the same reason.
    skip "terraform: format, validate, test, plan, checkov" "$why"
    return
  fi
  echo "terraform runs with $why"
  check "terraform: format" terraform fmt -check -recursive terraform
  check "terraform: validate" "${infra[@]}" validate
  count "terraform: tests" "${infra[@]}" test
  check "terraform: plans of dev, prod and the bootstrap" "${infra[@]}" plan "$plans"
  check_plan dev terraform
  check_plan prod terraform
  check_plan bootstrap terraform/bootstrap
}

# check_plan NAME ROOT: checkov of one plan, with the skip comments of its root module.
# --skip-download: the rules are part of the package; the download has only links to a vendor's pages about them.
check_plan() {
  check "terraform: checkov of $1" "$checks/checkov" --file "$plans/$1.json" --framework terraform_plan \
    --repo-root-for-plan-enrichment "$2" --skip-download --compact --quiet
}

# Licences, sources and unused dependencies. Deny's list of vulnerabilities comes from the network and is read in CI only.
check_crates() {
  local deny machete
  if deny="$(get_cargo_tool cargo-deny "$CARGO_DENY")"; then
    check "rust: licences, bans, sources" "$deny" --locked check licenses bans sources
  else
    skip "rust: licences, bans, sources" "cargo-deny could not be built"
  fi
  if machete="$(get_cargo_tool cargo-machete "$CARGO_MACHETE")"; then
    check "rust: unused dependencies" "$machete"
  else
    skip "rust: unused dependencies" "cargo-machete could not be built"
  fi
}

# get_cargo_tool NAME VERSION: prints the path of a program of crates.io, which is built once, without optimisation.
get_cargo_tool() {
  local folder=".longwire/$1-$2"
  if [ ! -x "$folder/bin/$1" ]; then
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --quiet --debug --root "$folder" --target-dir "$folder/target" "$1@$2" >&2 ||
      return 1
    rm -rf "$folder/target"
  fi
  echo "$folder/bin/$1"
}
