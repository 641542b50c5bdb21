"""A machine for tests of scripts/bootstrap, with stand-ins for terraform, the AWS CLI and gh."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# Programs of this machine on the PATH of the script and the stand-ins; there are no others.
SYSTEM = (
    *("bash", "cat", "dirname", "env", "git", "grep", "jq", "mktemp", "mv", "openssl", "rm", "sed", "seq", "sort"),
    *("touch", "tr"),
)

# Stand-ins, which append their calls to $CALLS. Each file in the folder $ACCOUNT is a resource of the account.
TERRAFORM = """#!/usr/bin/env bash
shift # -chdir
echo "terraform $*" >>"$CALLS"
here="$CHECKOUT/terraform/bootstrap"
case "$1" in
  plan) [ -e "$ACCOUNT/ready" ] || exit 2 ;;
  apply) touch "$ACCOUNT/ready" "$ACCOUNT/bucket"; echo state >"$here/terraform.tfstate" ;;
  init) [[ "$*" != *-migrate-state* ]] || mv "$here/terraform.tfstate" "$ACCOUNT/state" ;;
  fmt) cat ;;
  state) [ ! -e "$ACCOUNT/ready" ] || echo "module.github_oidc.aws_iam_openid_connect_provider.github[0]" ;;
esac
"""
AWS = """#!/usr/bin/env bash
echo "aws $*" >>"$CALLS"
case "$2" in
  get-caller-identity) [ -e "$ACCOUNT/login" ] && echo 123456789012 ;;
  head-object) [ -e "$ACCOUNT/state" ] ;;
  head-bucket) [ -e "$ACCOUNT/bucket" ] ;;
  list-open-id-connect-providers) cat "$ACCOUNT/provider" 2>/dev/null || echo None ;;
  get-account) echo None ;;
  get-account-settings) cat "$ACCOUNT/limit" 2>/dev/null || { echo "(AccessDenied)" >&2; exit 254; } ;;
  converse) [ ! -e "$ACCOUNT/refusal" ] && echo max_tokens || { cat "$ACCOUNT/refusal" >&2; exit 254; } ;;
  list-inference-profiles) echo eu.anthropic.claude-sonnet-5-5 ;;
  get-apis) [ -e "$ACCOUNT/domain" ] && echo True || echo False ;;
  get-parameter) [ -e "$ACCOUNT/token" ] && echo /longwire/dev/auth-token ;;
esac
"""
GH = (Path(__file__).parent / "github_stand_in.py").read_text()


class Machine:
    """A copy of the scripts, an account, and a PATH with the stand-ins."""

    def __init__(self, home: Path) -> None:
        self.checkout, self.account, self.calls = home / "checkout", home / "account", home / "calls"
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts")
        (self.checkout / "terraform" / "bootstrap").mkdir(parents=True)
        self.account.mkdir()
        self.calls.touch()
        self.bin = home / "bin"
        self.bin.mkdir()
        python = f"#!{sys.executable} -SE\n"
        for name, text in (
            ("terraform", TERRAFORM),
            ("aws", AWS),
            ("gh", python + GH),
            ("sleep", "#!/usr/bin/env bash\n"),
        ):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.has("login")
        self.has("limit", "1000\n")
        self.has("token")
        self.github = home / "github.json"
        self.repository(
            repository={
                "full_name": "acme/longwire",
                "id": 22,
                "visibility": "private",
                "permissions": {"admin": True},
            },
            subject={"use_default": True, "sub_claim_prefix": "repo:acme@1/longwire@2"},
            users={"me": {"id": 11, "login": "me"}, "ann": {"id": 12, "login": "ann"}},
            plan="enterprise",
            enabled=True,
            workflows=[{"id": 5, "state": "active", "path": ".github/workflows/deploy.yml"}],
            variables={},
            secrets={},
            environments={},
            runs=[99],
            following=[
                {"status": "in_progress", "conclusion": "", "jobs": [{"name": "build", "status": "in_progress"}]},
                {
                    "status": "waiting",
                    "conclusion": "",
                    "jobs": [{"name": "smoke-dev", "status": "completed", "conclusion": "success"}],
                },
            ],
            answered="skipped",
            compared={"status": "identical", "files": []},
            forbidden=[],
        )

    def repository(self, **settings: Any) -> None:
        """Changes the repository on GitHub."""
        former = json.loads(self.github.read_text()) if self.github.exists() else {}
        self.github.write_text(json.dumps(former | settings))

    @property
    def on_github(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.github.read_text())
        return state

    @property
    def memory(self) -> Path:
        return self.checkout / "terraform" / "bootstrap" / "bootstrap.auto.tfvars"

    def has(self, thing: str, text: str = "") -> None:
        (self.account / thing).write_text(text)

    def run(self, *options: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return self.start("--repository", "acme/longwire", *options, answer=answer)

    def start(self, *options: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "CALLS": str(self.calls),
            "ACCOUNT": str(self.account),
            "GITHUB": str(self.github),
            "CHECKOUT": str(self.checkout),
            "AWS_REGION": "eu-central-1",
        }
        command = [str(self.checkout / "scripts" / "bootstrap"), *options]
        return subprocess.run(command, env=environment, input=answer, capture_output=True, text=True, check=False)

    def verbs(self) -> list[str]:
        """The commands of terraform that were run, in order, without those that only print."""
        verbs = [call.split()[1] for call in self.called("terraform")]
        return [verb for verb in verbs if verb not in {"fmt", "state"}]

    def called(self, beginning: str) -> list[str]:
        return [call for call in self.calls.read_text().splitlines() if call.startswith(beginning)]
