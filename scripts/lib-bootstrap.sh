# shellcheck shell=bash
# Sourced by scripts/bootstrap: calls to AWS, GitHub and Terraform.

here="${root:?the checkout}/terraform/bootstrap"

fail() {
  echo "error: $*" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "$1 was not found: $2"
}

tf() {
  terraform -chdir="$here" "$@"
}

# origin: prints OWNER/NAME of the git remote "origin", from an SSH or HTTPS URL.
origin() {
  local url
  url="$(git -C "$root" remote get-url origin 2>/dev/null)" ||
    fail "there is no git remote \"origin\"; name the fork with --repository OWNER/NAME."
  url="${url%.git}"
  [[ "$url" =~ github\.com[:/]([^/]+/[^/]+)$ ]] ||
    fail "the remote \"origin\" ($url) is not on github.com; name the fork with --repository OWNER/NAME."
  echo "${BASH_REMATCH[1]}"
}

# subject_of REPOSITORY: prints the beginning of the subject in GitHub's tokens. Tokens of repositories created since
# July 2026 contain immutable ids, those of older ones do not, and both can be changed. A role that trusts the wrong
# form refuses every job, so the script asks GitHub.
subject_of() {
  local endpoint="repos/$1/actions/oidc/customization/sub" answer custom prefix how
  how="'gh api $endpoint' names it sub_claim_prefix; pass that with --subject."
  command -v gh >/dev/null || fail "gh was not found, so GitHub cannot be asked how its tokens name $1. $how"
  answer="$(gh api "$endpoint" --jq '"\(.use_default) \(.sub_claim_prefix // "")"')" ||
    fail "GitHub would not say how its tokens name $1 (is gh logged in, as an administrator of it?). $how"
  read -r custom prefix <<<"$answer"
  [ "$custom" = true ] ||
    fail "$1 has a customised OIDC subject, and the roles know GitHub's default form only: set its use_default to true."
  echo "${prefix:-repo:$1}"
}

region_of_profile() {
  local region="${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}"
  [ -n "$region" ] || fail "no region is set: pass --region, for instance --region us-east-1."
  echo "$region"
}

account_of_credentials() {
  aws sts get-caller-identity --query Account --output text ||
    fail "AWS knows no credentials here: log in as an administrator of the account ('aws sso login', or AWS_PROFILE)."
}

# use_state BUCKET REGION: uses the state in the bucket if there is one; otherwise a local state, as in a first run or
# in one that was interrupted before the state was moved.
use_state() {
  if aws s3api head-object --bucket "$1" --key bootstrap/terraform.tfstate >/dev/null 2>&1; then
    remote_state "$1" "$2"
    tf init -input=false -reconfigure "${backend_options[@]}"
  else
    rm -f "$here/backend.tf"
    if aws s3api head-bucket --bucket "$1" >/dev/null 2>&1 && [ ! -s "$here/terraform.tfstate" ]; then
      fail "the bucket $1 is there but holds no bootstrap state, and there is none here: go on in the checkout where" \
        "bootstrap was interrupted, or delete the bucket if nothing is deployed."
    fi
    tf init -input=false -reconfigure
  fi
}

# move_state BUCKET REGION: moves a local state to the bucket, so that the next run finds it from any machine.
move_state() {
  [ -e "$here/backend.tf" ] && return
  remote_state "$1" "$2"
  tf init -input=false -migrate-state -force-copy "${backend_options[@]}"
  rm -f "$here/terraform.tfstate" "$here/terraform.tfstate.backup"
}

# remote_state BUCKET REGION: sets backend_options, because Terraform accepts no variables in a backend block.
remote_state() {
  printf 'terraform {\n  backend "s3" {}\n}\n' >"$here/backend.tf"
  backend_options=(-backend-config="bucket=$1" -backend-config="region=$2"
    -backend-config="key=bootstrap/terraform.tfstate" -backend-config="use_lockfile=true")
}

# what_exists: prints -var options for the OIDC provider for GitHub (one per account) and the log role of API Gateway
# (one per region) when they exist outside the bootstrap state. Those are used as they are.
what_exists() {
  local provider role
  if ! ours 'aws_iam_openid_connect_provider\.github'; then
    provider="$(aws iam list-open-id-connect-providers --output text \
      --query "OpenIDConnectProviderList[?ends_with(Arn, '/token.actions.githubusercontent.com')].Arn | [0]")" ||
      fail "AWS would not list the account's OIDC providers; bootstrap needs an administrator's credentials."
    [ "$provider" = None ] || echo "-var=github_provider_arn=$provider"
  fi
  if ! ours 'aws_api_gateway_account\.logs'; then
    role="$(aws apigateway get-account --query cloudwatchRoleArn --output text)" ||
      fail "AWS would not show API Gateway's settings; bootstrap needs an administrator's credentials."
    [ "$role" = None ] || echo "-var=api_log_role_arn=$role"
  fi
}

ours() {
  tf state list 2>/dev/null | grep -q "$1"
}

confirm() {
  local answer
  [ -n "$1" ] && return
  read -rp "Apply this to the account? Only yes applies it: " answer
  [ "$answer" = yes ] || fail "nothing was changed."
}

next_steps() {
  cat <<END

The account is ready. What is left is on GitHub. The last of the three variables asks for its value: a model that is
offered in $3, or an inference profile, such as eu.anthropic.claude-sonnet-5-5 in Europe.

  gh variable set AWS_ACCOUNT_ID --repo $1 --body $2
  gh variable set AWS_REGION --repo $1 --body $3
  gh variable set MODEL_ID --repo $1

  for environment in dev prod; do
    gh api --method PUT "repos/$1/environments/\$environment" \\
      -F "deployment_branch_policy[protected_branches]=false" \\
      -F "deployment_branch_policy[custom_branch_policies]=true"
    gh api --method POST "repos/$1/environments/\$environment/deployment-branch-policies" -f name=main
  done

That lets both environments deploy from main only: whoever can start a job of an environment can deploy. Give prod
reviewers, too: https://github.com/$1/settings/environments
A push to main deploys. docs/deploy.md has the rest.
END
}
