"""A stand-in for an environment in AWS, for tests of the steps that apply, check and revert."""

import json
import subprocess
from pathlib import Path
from typing import Any

from steps import Done, Runner, action, command, workflow

KEY = "0123456789abcdef" * 4
TOKEN = "the-shared-token-of-dev"
URL = "wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"
ACCOUNT = "123456789012"
OUTPUTS = {
    "api_id": "a1b2c3d4e5",
    "auth_mode": "token",
    "auth_token_parameter": "/longwire/dev/auth-token",
    "callback_endpoint": "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live",
    "dashboard_url": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:?search=longwire-dev-",
    "websocket_url": URL,
}
SECRETS = (TOKEN, URL, "a1b2c3d4e5", ACCOUNT)

JOBS = workflow("deploy")["jobs"]
APPLY = command(action("apply")["runs"]["steps"], "scripts/apply")
SMOKE = command(action("smoke")["runs"]["steps"], "scripts/smoke")
SMOKE_BUILD = command(JOBS["build"]["steps"], "-p smoke")
PROGRAM = '#!/bin/sh\n[ "$1" = "$URL" ] && [ "$LONGWIRE_TOKEN" = "$WANTED" ] && echo answered\n'
INIT = command(action("terraform")["runs"]["steps"], "scripts/init")

# The state is a folder: `planned` is its content after an apply, `read` what AWS answers when it is read.
TERRAFORM = """
case "$*" in
  *" init "*) ;;
  *" output -json"*) cat "$STATE/outputs.json" ;;
  *" apply -refresh-only "*)
    [ ! -e "$STATE/locked" ] || exit 1
    echo "module.x.aws_apigatewayv2_stage.this: Refreshing state... [id=live]"
    cp "$STATE/read" "$STATE/state"
    echo "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." ;;
  *" apply "*)
    [ ! -e "$STATE/refused" ] || { echo "Error: refused" >&2; exit 1; }
    [ -n "$TF_VAR_auth_token" ] || exit 1
    cat "$STATE/log"
    cp "$STATE/planned" "$STATE/state"
    cp "$STATE/applied.json" "$STATE/outputs.json" ;;
  *" plan -refresh-only "*)
    for option in "$@"; do case "$option" in -out=*) compared="${option#-out=}" ;; esac; done
    diff -q "$STATE/state" "$STATE/read" >/dev/null && changes='[]' || changes="$(cat "$STATE/drift.json")"
    printf '{"resource_drift": %s}' "$changes" >"$compared" ;;
  *" show -json "*) cat "${@: -1}" ;;
  *) echo "what is $*?" >&2; exit 1 ;;
esac
"""
# What Terraform prints while it creates an API, before any step can know its id.
LOG = """module.x.aws_apigatewayv2_api.this: Creating...
module.x.aws_apigatewayv2_api.this: Creation complete after 1s [id=a1b2c3d4e5]
module.x.aws_apigatewayv2_stage.this: Creation complete after 0s [id=live]
module.x.aws_lambda_permission.this: source arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/*
Outputs: websocket_url = <sensitive>
"""
AWS = f"""
case "$*" in
  *get-function-configuration*)
    [ -s "$STATE/live" ] || {{ echo "An error occurred (ResourceNotFoundException)" >&2; exit 254; }}
    [ ! -e "$STATE/denied" ] || {{ echo "An error occurred (AccessDeniedException)" >&2; exit 254; }}
    cat "$STATE/live" ;;
  *get-parameter*) echo {TOKEN} ;;
  *get-alias*) echo 8 ;;
  *list-versions-by-function*) printf '7\\told.1.1\\n8\\tnew.2.1\\n' ;;
  *update-alias*) echo old.1.1 >"$STATE/live" ;;
esac
"""
# Recorded: what the provider reads back in a plan after the first apply of a role, a queue and a stage.
READ_BACK = [
    {
        "address": 'module.longwire.module.function["worker"].aws_iam_role.this',
        "change": {
            "actions": ["update"],
            "before": {"inline_policy": []},
            "after": {"inline_policy": [{"name": "worker", "policy": "{}"}]},
        },
    },
    {
        "address": "module.longwire.module.work_queue.aws_sqs_queue.dead",
        "change": {
            "actions": ["update"],
            "before": {"redrive_allow_policy": ""},
            "after": {"redrive_allow_policy": '{"redrivePermission":"byQueue"}'},
        },
    },
    {
        "address": "module.longwire.module.websocket_api.aws_apigatewayv2_stage.this",
        "change": {
            "actions": ["update"],
            "before": {"deployment_id": ""},
            "after": {"deployment_id": "zyxwv9"},
        },
    },
]


class Deployment(Runner):
    """An environment in which `planned` is to be applied."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.state = home / "state"
        self.state.mkdir()
        self.outputs(OUTPUTS)
        for name, text in {
            "outputs.json": "{}",
            "log": LOG,
            "planned": "as planned",
            "read": "as AWS answers",
            "state": "",
            "live": "",
            "drift.json": json.dumps(READ_BACK),
        }.items():
            (self.state / name).write_text(text)
        self.stand_in("terraform", TERRAFORM)
        self.stand_in("aws", AWS)

    def outputs(self, values: dict[str, Any]) -> None:
        described = {name: {"sensitive": True, "value": value} for name, value in values.items()}
        (self.state / "applied.json").write_text(json.dumps(described))

    def init(self, environment: str = "dev") -> Done:
        given = {
            "ENVIRONMENT": environment,
            "ACCOUNT": ACCOUNT,
            "REGION": "eu-central-1",
            "STATE": str(self.state),
        }
        return self.run(INIT, given)

    def apply(self, **environment: str) -> Done:
        given = {
            "ENVIRONMENT": "dev",
            "SMOKE_KEY": KEY,
            "TF_VAR_release": "new.2.1",
            "STATE": str(self.state),
        }
        return self.run(APPLY, {**given, **environment})

    def drift(self) -> subprocess.CompletedProcess[str]:
        step = command(workflow("drift")["jobs"]["drift"]["steps"], "scripts/drift")
        done = self.run(step, {"ENVIRONMENT": "dev", "STATE": str(self.state)})
        return subprocess.CompletedProcess((), done.status, done.log)

    def smoke(self, applied: Done, artifact: str = PROGRAM, **environment: str) -> Done:
        """Builds the program of the check and runs it; `artifact` is what the job downloads."""
        built, program = (self.home / "target" / folder / "smoke" for folder in ("release", "smoke"))
        for file in (built, program):
            file.parent.mkdir(parents=True, exist_ok=True)
        built.write_text(PROGRAM)
        program.write_text(artifact)
        self.stand_in("cargo", "")
        given = {
            "SHA256": self.run(SMOKE_BUILD).outputs["sha256"],
            "SEALED": applied.outputs["sealed"],
            "ATTEMPT": applied.outputs["attempt"],
            "SMOKE_KEY": KEY,
            "URL": URL,
            "WANTED": TOKEN,
        }
        return self.run(SMOKE, {**given, **environment})

    def revert(self, release: str, previous: str) -> Done:
        step = command(JOBS["revert-dev"]["steps"], "scripts/revert")
        return self.run(step, {"RELEASE": release, "PREVIOUS": previous, "STATE": str(self.state)})
