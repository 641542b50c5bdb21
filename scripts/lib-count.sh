# Sourced by the scripts that test: runs steps, keeps their output and adds up their tests.

passed=0
failed=0
skipped=0
step=0
failures=()

# A signal ends the step that runs, with everything it started, before it ends us.
trap 'trap - INT TERM; [ -n "${running:-}" ] && kill -TERM -- "-$running" 2>/dev/null; wait; exit 130' INT TERM

# run NAME COMMAND...: shows and keeps the output; returns the command's status. The command gets a process
# group of its own, so that a signal reaches its children too.
run() {
  local name="$1"
  shift
  step=$((step + 1))
  log="$logs/$(printf '%02d' "$step")-$(tr -cs 'a-z0-9' '-' <<<"$name" | sed 's/-*$//').log"
  echo "== $name"
  set -m
  { "$@" </dev/null 2>&1 | tee "$log"; exit "${PIPESTATUS[0]}"; } &
  running=$!
  set +m
  wait "$running"
  local status=$?
  running=""
  return "$status"
}

# check NAME COMMAND...: runs a step that passes or fails.
check() {
  if run "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    fail "$1"
  fi
}

# skip NAME REASON: prints and counts a skipped step.
skip() {
  skipped=$((skipped + 1))
  echo "== $1"
  echo "SKIPPED: $1: $2"
}

# count NAME COMMAND...: runs a step and adds up the tests that cargo, pytest, node or terraform report.
count() {
  local status=0 good bad
  run "$@" || status=$?
  good=$(sum 's/^test result: .* ([0-9]+) passed; .*/\1/p; s/^(.*[ =])?([0-9]+) passed.* in [0-9.]+s.*/\2/p; s/^(#|ℹ) pass ([0-9]+)$/\2/p; s/^(Success|Failure)! ([0-9]+) passed, .*/\2/p')
  bad=$(sum 's/^test result: .* ([0-9]+) failed; .*/\1/p; s/^(.*[ =])?([0-9]+) failed.* in [0-9.]+s.*/\2/p; s/^(#|ℹ) fail ([0-9]+)$/\2/p; s/^(Success|Failure)! .* ([0-9]+) failed.*/\2/p')
  # A step that broke without a failing test, or ran none, is a failure of its own.
  if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
    bad=1
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  [ "$bad" -eq 0 ] || fail "$1"
}

# fail NAME: says that the step failed, and keeps its name and the names of its failing tests for the summary.
fail() {
  echo "FAILED: $1"
  failures+=("FAILED: $1")
  local test
  while IFS= read -r test; do
    failures+=("  ${test:0:300}")
  done < <(failing_tests | awk '!seen[$0]++' | head -20)
}

# failing_tests: prints the failing tests that cargo, pytest or node named. Node repeats them at the end of a run, each
# with its error, of which the first line is printed.
failing_tests() {
  sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p; s/^FAILED (.*)$/\1/p' "$log"
  awk '
    /^✖ failing tests:$/ { listed = 1; next }
    /^(▶|✔|ℹ)/ { listed = 0 }
    listed && name != "" { sub(/^ */, ""); print name ": " $0; name = ""; next }
    listed && /^✖ .* \([0-9.]+ms\)$/ {
      name = $0
      sub(/^✖ /, "", name)
      sub(/ \([0-9.]+ms\)$/, "", name)
    }' "$log"
}

sum() {
  sed -nE "$1" "$log" | awk '{ all += $1 } END { print all + 0 }'
}

# summary: prints what failed and the counts; fails when something failed.
summary() {
  echo
  [ "$failed" -eq 0 ] || printf '%s\n' "${failures[@]}"
  local and=""
  [ "$skipped" -eq 0 ] || and=", $skipped skipped"
  echo "$passed passed, $failed failed$and"
  [ "$failed" -eq 0 ]
}
