# shellcheck shell=bash
# Sourced by the scripts of the workflows, which run in the root of the checkout.

# fail MESSAGE…: ends the step with an annotation of the run.
fail() {
  echo "::error::$*" >&2
  exit 1
}

# tf ARGUMENT…: runs Terraform in the root module. `redact` replaces what must not reach a log.
tf() {
  terraform -chdir=terraform "$@" 2>&1 | .github/scripts/redact
}

# value NAME: prints an output of the deployment; nothing when it is null or missing.
value() {
  terraform -chdir=terraform output -json | python3 -c '
import json, sys

print(json.load(sys.stdin).get(sys.argv[1], {}).get("value") or "")' "$1"
}

# new_token: sets the token for the variable auth_token. Terraform needs one for each plan and, again, for the apply of a
# saved plan, and writes it only when the parameter is created or auth_token_version is raised. So none is stored.
new_token() {
  TF_VAR_auth_token="$(openssl rand -hex 32)"
  echo "::add-mask::$TF_VAR_auth_token"
  export TF_VAR_auth_token
}
