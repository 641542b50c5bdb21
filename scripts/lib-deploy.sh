# shellcheck shell=bash
# Sourced by scripts/bootstrap, after lib-github.sh: the first deployment.

WORKFLOW=deploy.yml

# deployed REPOSITORY BRANCH: succeeds if dev has answered in the newest run of the branch, and since then only documents and the
# options of bootstrap have changed. A release that did not answer was reverted.
deployed() {
  local run commit answered others
  run="$(newest_run "$1" "$2")" || exit 1
  [ "$run" != 0 ] || return 1
  gh run view "$run" --repo "$1" --json headSha,jobs --jq "[.headSha, ($(answered_query))] | map(tostring) | join(\" \")" \
    >"$scratch/run" 2>"$scratch/problem" || fail "GitHub would not show the run $run of deploy: $(gh_error)"
  read -r commit answered <"$scratch/run"
  [ "$answered" = true ] || return 1
  others="$(ask "repos/$1/compare/$commit...$2" --jq 'if .status == "identical" then 0 elif .status == "ahead" then
    [.files[].filename | select(test("^(terraform/bootstrap/|docs/|[^/]*\\.md$|LICENSE$)") | not)] | length else 1 end')" || absent $?
  [ "$others" = 0 ]
}

# deploy REPOSITORY BRANCH: starts the workflow and follows it until it ends or waits for an approval.
deploy() {
  local before run="" tries
  before="$(newest_run "$1" "$2" --event workflow_dispatch)" || exit 1
  change "start the workflow deploy" workflow run "$WORKFLOW" --repo "$1" --ref "$2"
  for tries in $(seq 30); do
    run="$(newest_run "$1" "$2" --event workflow_dispatch)" || exit 1
    [ "$run" = "$before" ] || break
    [ "$tries" -lt 30 ] || fail "GitHub has started no run of deploy within a minute: https://github.com/$1/actions"
    sleep 2
  done
  echo "following https://github.com/$1/actions/runs/$run"
  follow "$1" "$run"
}

# newest_run REPOSITORY BRANCH [OPTION]…: prints the number of the newest run of deploy, or 0.
newest_run() {
  local repository="$1" branch="$2"
  shift 2
  gh run list --repo "$repository" --workflow "$WORKFLOW" --branch "$branch" "$@" --limit 1 --json databaseId \
    --jq '.[0].databaseId // 0' 2>"$scratch/problem" || fail "GitHub would not list the runs of deploy: $(gh_error)"
}

# follow REPOSITORY RUN: prints each change of the run's state, for three hours at most. `gh run watch` would wait until
# somebody approves prod.
follow() {
  local state conclusion answered jobs last="" failures=0 tries
  for tries in $(seq 1080); do
    if gh run view "$2" --repo "$1" --json status,conclusion,jobs --jq "$(run_query)" >"$scratch/run" 2>"$scratch/problem"; then
      failures=0
    else
      failures=$((failures + 1))
      [ "$failures" -lt 6 ] || fail "GitHub would not show the run any more: $(gh_error)"
      sleep 10
      continue
    fi
    read -r state conclusion answered jobs <"$scratch/run"
    if [ "$state $jobs" != "$last" ]; then
      last="$state $jobs"
      echo "  $state${jobs:+: $jobs}"
    fi
    case "$state" in
      completed)
        [ "$conclusion" = success ] && return 0
        fail "the run ended as $conclusion. What failed: gh run view $2 --repo $1 --log-failed"
        ;;
      waiting)
        [ "$answered" != true ] || echo "dev is deployed and has answered"
        echo "the run waits for an approval: https://github.com/$1/actions/runs/$2"
        return 0
        ;;
    esac
    sleep 10
  done
  fail "the run has not ended within three hours: https://github.com/$1/actions/runs/$2"
}

# answered_query: prints the jq expression for whether dev has answered in a run.
answered_query() {
  echo '.jobs | any(.name == "smoke-dev" and .conclusion == "success")'
}

# run_query: prints the jq expression for a run: its status, its conclusion, whether dev has answered, and what is in progress.
run_query() {
  cat <<END
[
  .status,
  (if (.conclusion // "") == "" then "-" else .conclusion end),
  ($(answered_query) | tostring),
  ([.jobs[] | select(.status == "in_progress") | .name] | join(", "))
] | join(" ")
END
}
