# shellcheck shell=bash
# Sourced by scripts/bootstrap: what a new account may lack, access to the model and a large enough limit of Lambda.

# Concurrent executions of an environment: of each of its queues, without a setting in its tfvars file, and at least of all
# else. terraform/modules/longwire has the same.
EACH_QUEUE=2
ALL_ELSE=4

# probe MODEL REGION: calls the model once, as the first call of a model of another company subscribes to it, which the role
# of the worker may not do. Fails with the page to open when the call is refused.
probe() {
  local problem="$scratch/problem" said
  echo "calling $1 once in $2"
  if AWS_MAX_ATTEMPTS=1 aws bedrock-runtime converse --region "$2" --model-id "$1" \
    --messages '[{"role":"user","content":[{"text":"Say hello."}]}]' --inference-config '{"maxTokens":16}' \
    --cli-connect-timeout 10 --cli-read-timeout 60 --query stopReason --output text >/dev/null 2>"$problem"; then
    return
  fi
  said="$(tr '\n' ' ' <"$problem")"
  refused "$1" "$2" "$said"
}

# refused MODEL REGION MESSAGE: explains a refused call of the model. The messages are those of Bedrock's runtime.
refused() {
  local console="https://$2.console.aws.amazon.com/bedrock/home?region=$2" base="${1##*/}" profiles
  # The model of an inference profile is named after its geography: eu.anthropic.….
  base="$(printf '%s' "$base" | sed -E 's/^(global|us-gov|us|eu|apac|jp|au|ca)\.//')"
  case "$3" in
    *ThrottlingException* | *"Too many"*)
      echo "warning: $1 is there, but AWS limits the calls of this account at the moment: $3" >&2
      ;;
    *"use case details"*)
      fail "Anthropic asks for a form before the first call of $1 in an account. Open $console#/model-catalog/serverless/$base," \
        "submit the use case details, wait some minutes, and start this again."
      ;;
    *"on-demand throughput"*)
      profiles="$(aws bedrock list-inference-profiles --region "$2" --output text \
        --query "inferenceProfileSummaries[?contains(inferenceProfileId, '$base')].inferenceProfileId")" || profiles=""
      fail "$1 can be called through an inference profile only: pass the name of one with --model." \
        "Those of $2 are: ${profiles:-none}. Open $console#/inference-profiles for all."
      ;;
    *INVALID_PAYMENT_INSTRUMENT*)
      fail "AWS Marketplace has no valid payment method of this account. Open" \
        "https://console.aws.amazon.com/billing/home#/paymentmethods, add one, and start this again."
      ;;
    *aws-marketplace*)
      fail "these credentials may not subscribe to $1. Open $console#/model-catalog/serverless/$base as an administrator who may" \
        "call aws-marketplace:Subscribe, call the model once there, and start this again. AWS says: $3"
      ;;
    *"not authorized to perform"*)
      fail "a policy of the account or of its organisation denies calls of $1. Open" \
        "https://console.aws.amazon.com/organizations/v2/home/policies/service-control-policy. AWS says: $3"
      ;;
    *AccessDeniedException*)
      fail "this account has no access to $1. Open $console#/model-catalog/serverless/$base, call the model once in its" \
        "playground, and start this again. AWS says: $3"
      ;;
    *"identifier is invalid"* | *"not resolve the foundation model"* | *"end of its life"* | *ResourceNotFoundException*)
      fail "Bedrock has no $1 in $2. Open $console#/model-catalog for the models of this region; docs/models.md says how to" \
        "choose one. AWS says: $3"
      ;;
    *"Could not connect to the endpoint"*)
      fail "Bedrock does not answer in $2: is it offered there? Open" \
        "https://docs.aws.amazon.com/bedrock/latest/userguide/models-regions.html. AWS says: $3"
      ;;
    *"invalid choice"* | *"Invalid choice"*)
      fail "this AWS CLI does not know bedrock-runtime converse: install a current one," \
        "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html."
      ;;
    *) fail "a call of $1 failed, so the worker would fail, too: $3" ;;
  esac
}

# concurrency ENVIRONMENT QUEUE: prints the setting of worker, replay or push.
concurrency() {
  local value
  value="$(sed -n "s/^$2_concurrency *= *\([0-9][0-9]*\).*/\1/p" "$root/terraform/envs/$1.tfvars" 2>/dev/null)" || value=""
  echo "${value:-$EACH_QUEUE}"
}

# limits REGION ENVIRONMENT…: prints how many functions run at once in the account, how many the environments ask for, and what
# worker_concurrency fits. Reservations are left to the plan, which adds up all of them.
limits() {
  local region="$1" limit environment others most="" asked=0 total=0 list=""
  shift
  limit="$(aws lambda get-account-settings --region "$region" --query AccountLimit.ConcurrentExecutions --output text 2>"$scratch/problem")" || {
    echo "warning: AWS would not say how many functions may run at once: $(tr '\n' ' ' <"$scratch/problem")" >&2
    return 0
  }
  for environment in "$@"; do
    others=$(($(concurrency "$environment" replay) + $(concurrency "$environment" push) + ALL_ELSE))
    asked=$(($(concurrency "$environment" worker) + others))
    total=$((total + asked))
    list="$list${list:+, }$environment $asked (worker_concurrency $(concurrency "$environment" worker))"
    most="$most${most:+, }$((limit > others ? limit - others : 0)) in $environment"
  done
  echo "limit       $limit functions at once; at most: $list"
  [ "$total" -gt "$limit" ] || return 0
  cat <<END

All environments together may ask for $total, more than the limit: clients could not connect while they are busy. What fits,
if no other environment is in use, is a worker_concurrency of $most; it must be 2 or more. To ask AWS for a higher limit:

  aws service-quotas request-service-quota-increase --region $region --service-code lambda \\
    --quota-code L-B99A9384 --desired-value 1000

END
}
