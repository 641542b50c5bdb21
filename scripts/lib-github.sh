# shellcheck shell=bash
# Sourced by scripts/bootstrap: what a repository on GitHub needs for deployments. Each function reads what is there and changes
# what differs.

APPROVAL=prod-approval

# Whether something that a deployment reads has changed.
changed=""

# ask ARGUMENTS OF gh api: prints an answer of GitHub. Prints nothing and returns 3 if there is no such thing; fails otherwise.
ask() {
  if gh api "$@" >"$scratch/answer" 2>"$scratch/problem"; then
    cat "$scratch/answer"
  elif grep -q "HTTP 404" "$scratch/problem"; then
    return 3
  else
    fail "GitHub would not answer 'gh api $1': $(gh_error)"
  fi
}

# absent STATUS: continues after an `ask` without an answer, and ends the script after one that failed.
absent() {
  [ "$1" -eq 3 ] || exit 1
}

# change PURPOSE ARGUMENTS OF gh: changes something on GitHub.
change() {
  local purpose="$1"
  shift
  gh "$@" >"$scratch/answer" 2>"$scratch/problem" || fail "GitHub would not $purpose: $(gh_error)"
}

# gh_error: prints what gh said, with what helps.
gh_error() {
  tr '\n' ' ' <"$scratch/problem"
  if grep -qE "HTTP 40[13]|auth login" "$scratch/problem"; then
    echo "Log in as an administrator of the repository: gh auth login, then gh auth refresh -s repo,workflow."
  fi
}

# check_repository REPOSITORY: fails early if its settings cannot be changed.
check_repository() {
  local may visibility
  ask "repos/$1" --jq '"\(.permissions.admin) \(.visibility)"' >"$scratch/repository" || {
    absent $?
    fail "GitHub knows no repository $1, or gh is logged in as somebody who may not see it."
  }
  read -r may visibility <"$scratch/repository"
  [ "$may" = true ] || fail "gh is not logged in as an administrator of $1, who alone can change its settings."
  [ "$visibility" != public ] ||
    echo "warning: $1 is public: everybody can read the logs of its workflows. docs/deploy.md says how to make a private copy." >&2
}

# variable REPOSITORY NAME: prints the value of a variable of the repository; nothing if there is none.
variable() {
  ask "repos/$1/actions/variables/$2" --jq .value || absent $?
}

# enable REPOSITORY: lets workflows run, where GitHub has turned them off, as in forks.
enable() {
  local on off id
  on="$(ask "repos/$1/actions/permissions" --jq .enabled)" || absent $?
  if [ "$on" = false ]; then
    echo "turning on GitHub Actions"
    change "turn on GitHub Actions" api --method PUT "repos/$1/actions/permissions" -F enabled=true -f allowed_actions=all
  fi
  off="$(ask "repos/$1/actions/workflows?per_page=100" --jq \
    '.workflows[] | select(.state == "disabled_fork" or .state == "disabled_inactivity") | .id')" || absent $?
  for id in $off; do
    change "turn on a workflow" api --method PUT "repos/$1/actions/workflows/$id/enable"
  done
}

# set_variable REPOSITORY NAME VALUE
set_variable() {
  local now
  now="$(variable "$1" "$2")" || exit 1
  [ "$now" != "$3" ] || return 0
  echo "setting the variable $2 to $3"
  change "set the variable $2" variable set "$2" --repo "$1" --body "$3"
  changed=1
}

# protect REPOSITORY ENVIRONMENT BRANCH REVIEWERS: makes an environment, limits it to one branch, and gives it reviewers: ids of
# users with commas, or - for none.
protect() {
  local repository="$1" environment="$2" branch="$3" reviewers="$4" custom now wait self id name kind found=""
  [ -z "$environments_missing" ] || return 0
  ask "repos/$repository/environments/$environment" --jq "$(environment_query)" >"$scratch/environment" || absent $?
  custom="" now="" wait=0 self=false
  [ ! -s "$scratch/environment" ] || read -r custom now wait self <"$scratch/environment"
  if [ "$custom" != true ] || [ "$now" != "$reviewers" ]; then
    echo "protecting the environment $environment: only $branch, $([ "$reviewers" = - ] && echo without reviewers || echo with reviewers)"
    request "$reviewers" "$now" "$wait" "$self" >"$scratch/request"
    gh api --method PUT "repos/$repository/environments/$environment" --input "$scratch/request" \
      >"$scratch/answer" 2>"$scratch/problem" || {
      unprotected_or_fail "$repository" "$environment"
      return 0
    }
  fi
  ask "repos/$repository/environments/$environment/deployment-branch-policies?per_page=100" \
    --jq '.branch_policies[] | "\(.id) \(.type // "branch") \(.name)"' >"$scratch/policies" || absent $?
  while read -r id kind name; do
    if [ "$kind $name" = "branch $branch" ]; then
      found=1
    else
      echo "removing $name from the $kind rules of $environment"
      change "limit $environment to $branch" api --method DELETE \
        "repos/$repository/environments/$environment/deployment-branch-policies/$id"
    fi
  done <"$scratch/policies"
  [ -n "$found" ] || change "limit $environment to $branch" api --method POST \
    "repos/$repository/environments/$environment/deployment-branch-policies" -f "name=$branch"
}

# environment_query: prints the jq expression for an environment: whether it has branches of its own, its reviewers, its wait in
# minutes, and whether reviewers may approve what they have started themselves.
environment_query() {
  cat <<'END'
[.protection_rules[]?] as $rules |
[$rules[] | select(.type == "required_reviewers")] as $reviews |
[
  (.deployment_branch_policy.custom_branch_policies // false),
  ([$reviews[].reviewers[] | "\(.type):\(.reviewer.id)"] | join(",") | if . == "" then "-" else . end),
  ([$rules[] | select(.type == "wait_timer") | .wait_timer][0] // 0),
  ([$reviews[].prevent_self_review][0] // false)
] | map(tostring) | join(" ")
END
}

# request REVIEWERS NOW WAIT SELF: prints the body of a request that protects an environment. GitHub refuses the name of a rule
# that its plan does not have, even without a value.
request() {
  local reviewer list=""
  for reviewer in $(echo "$1" | tr ',' ' '); do
    [ "$reviewer" = - ] || list="$list${list:+,}{\"type\":\"${reviewer%%:*}\",\"id\":${reviewer#*:}}"
  done
  printf '{"deployment_branch_policy":{"protected_branches":false,"custom_branch_policies":true}'
  [ "$1" = - ] && { [ -z "$2" ] || [ "$2" = - ]; } || printf ',"reviewers":[%s]' "$list"
  [ "$4" != true ] || printf ',"prevent_self_review":true'
  [ "$3" = 0 ] || printf ',"wait_timer":%s' "$3"
  printf '}\n'
}

# unprotected_or_fail REPOSITORY ENVIRONMENT: explains why GitHub refused to protect an environment. Goes on with --unprotected.
unprotected_or_fail() {
  local why go_on="With --unprotected, bootstrap goes on without:"
  case "$(cat "$scratch/problem")" in
    *"HTTP 404"*) why="GitHub has no environments for private repositories in the plan of ${1%%/*}: they need GitHub Pro or Team." ;;
    *"billing plan"*)
      why="GitHub has no required reviewers for private repositories in the plan of ${1%%/*}: they need GitHub Enterprise."
      ;;
    *) fail "GitHub would not protect the environment $2: $(gh_error)" ;;
  esac
  [ -n "$unprotected" ] || fail "$why $go_on prod is then deployed as soon as dev has passed its check. AWS gives the" \
    "apply roles to $branch only, in any case."
  echo "warning: $why prod is deployed as soon as dev has passed its check." >&2
  case "$why" in
    *reviewers*) protect "$1" "$2" "$branch" - ;;
    *) environments_missing=1 ;;
  esac
}

# reviewer_ids LOGIN…: prints the users as reviewers.
reviewer_ids() {
  local login id ids=""
  for login in "$@"; do
    id="$(ask "users/$login" --jq .id)" || {
      absent $?
      fail "GitHub knows no user $login."
    }
    ids="$ids${ids:+,}User:$id"
  done
  echo "$ids"
}

# set_environments REPOSITORY BRANCH REVIEWERS ENVIRONMENT…: protects the environments and the gate before prod, and makes the
# key by which a deployment passes its URL to its check.
set_environments() {
  local repository="$1" branch="$2" reviewers="$3" environment
  shift 3
  environments_missing=""
  if [ -n "$reviewers" ]; then
    # Logins are words.
    # shellcheck disable=SC2086
    reviewers="$(reviewer_ids $reviewers)" || exit 1
  else
    reviewers="$(chosen_reviewers "$repository")" || exit 1
  fi
  # The gate comes first, so that prod is never without reviewers.
  protect "$repository" "$APPROVAL" "$branch" "$reviewers"
  for environment in "$@"; do
    protect "$repository" "$environment" "$branch" -
    set_key "$repository" "$environment"
  done
}

# chosen_reviewers REPOSITORY: prints the reviewers of the gate, else those of prod, which had them before there was a gate, else
# the user who is logged in.
chosen_reviewers() {
  local environment reviewers
  for environment in "$APPROVAL" prod; do
    ask "repos/$1/environments/$environment" --jq "$(environment_query)" >"$scratch/environment" || {
      absent $?
      continue
    }
    read -r _ reviewers _ <"$scratch/environment"
    [ "$reviewers" = - ] || {
      echo "$reviewers"
      return
    }
  done
  ask user --jq '"User:\(.id)"' || fail "GitHub would not say who is logged in: name a reviewer with --reviewer."
}

# set_key REPOSITORY ENVIRONMENT: makes the secret SMOKE_KEY unless it is there. Without environments it is one of the repository.
set_key() {
  local place="repos/$1/environments/$2/secrets" where="--env $2"
  [ -z "$environments_missing" ] || place="repos/$1/actions/secrets" where=""
  ask "$place/SMOKE_KEY" --jq .name >/dev/null || {
    absent $?
    echo "setting the secret SMOKE_KEY${where:+ of $2}"
    # The key is in no argument, because other users of the machine can read those.
    # shellcheck disable=SC2086
    openssl rand -hex 32 | gh secret set SMOKE_KEY --repo "$1" $where >"$scratch/answer" 2>"$scratch/problem" ||
      fail "GitHub would not set the secret SMOKE_KEY: $(gh_error)"
    changed=1
  }
}
