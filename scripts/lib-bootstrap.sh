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
    fail "there is no git remote \"origin\"; name the repository with --repository OWNER/NAME."
  url="${url%.git}"
  [[ "$url" =~ github\.com[:/]([^/]+/[^/]+)$ ]] ||
    fail "the remote \"origin\" ($url) is not on github.com; name the repository with --repository OWNER/NAME."
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

# number_of REPOSITORY: prints the number of a repository on GitHub, which stays the same when it gets another name.
number_of() {
  local how="'gh api repos/$1 --jq .id' prints it; pass that with --repository-id."
  command -v gh >/dev/null || fail "gh was not found, so GitHub cannot be asked for the number of $1. $how"
  gh api "repos/$1" --jq .id || fail "GitHub would not say the number of $1 (is gh logged in, as somebody who may see it?). $how"
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

# next_steps: says what is left without --github.
next_steps() {
  cat <<END

The account is ready. What is left is on GitHub, and --github does it: the variables AWS_ACCOUNT_ID, AWS_REGION and MODEL_ID,
the environments with their branch, reviewers and secrets, and the first deployment. Name a model that is offered in
$region, or an inference profile, such as eu.anthropic.claude-sonnet-5-5 in Europe:

  ./scripts/bootstrap --github --model MODEL
END
}

# keep_memory: prints the command that commits the remembered options, with [skip ci] because they change nothing that is
# deployed.
keep_memory() {
  local file="${memory#"$root"/}"
  [ -e "$memory" ] && [ -n "$(git -C "$root" status --porcelain -- "$file" 2>/dev/null)" ] || return 0
  cat <<END

Keep the options for the next run:

  git add $file && git commit -m 'Remember the options of bootstrap [skip ci]' && git push
END
}

# print_first_prompt ENVIRONMENT: prints the command that asks a deployment something.
print_first_prompt() {
  local name="$project-$1" parameter="/$project/$1/auth-token" address token="" off
  if aws ssm get-parameter --region "$region" --name "$parameter" --query Parameter.Name --output text >/dev/null 2>&1; then
    token=" -H \"Authorization: Bearer \$(aws ssm get-parameter --region $region --with-decryption --name $parameter --query Parameter.Value --output text)\""
  fi
  # With a domain, API Gateway refuses the name that it assigned.
  off="$(aws apigatewayv2 get-apis --region "$region" --output text \
    --query "Items[?Name=='$name-websocket'].DisableExecuteApiEndpoint | [0]" 2>/dev/null)" || off=""
  address="\$(aws apigatewayv2 get-apis --region $region --query \"Items[?Name=='$name-websocket'].ApiEndpoint | [0]\" --output text)/$stage"
  [ "$off" != True ] || address="wss://DOMAIN"
  cat <<END

Ask $1 something, with Node.js:

  npx --yes wscat -c "$address" -s longwire.v1$token -x 'Hello!' -w 30
END
  [ -n "$token" ] || echo "
$1 has no shared token: in the mode oidc, add -H \"Authorization: Bearer TOKEN\" with a token of your identity provider."
}
