"""A stand-in for gh, for tests of scripts. It keeps a repository in $GITHUB; it prints and fails as gh does.

What GitHub's plans refuse is in the file as well: `plan` is `free`, `team` or `enterprise`. A script calls it
dozens of times, so it imports little.
"""

from __future__ import annotations

import json
import os
import re
import sys
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

FILE = os.environ["GITHUB"]
with open(FILE) as state:
    STATE: dict[str, Any] = json.load(state)
NAME = STATE["repository"]["full_name"]
DEPLOYED = "3f2a1bc0d1e2"


def refuse(status: int, message: str) -> NoReturn:
    """Ends as `gh api` does: the answer on stdout, the reason on stderr."""
    print(json.dumps({"message": message, "status": str(status)}))
    print(f"gh: {message} (HTTP {status})", file=sys.stderr)
    sys.exit(1)


def found(things: dict[str, Any], name: str) -> Any:
    return things[name] if name in things else refuse(404, "Not Found")


def private() -> bool:
    return bool(STATE["repository"]["visibility"] == "private")


def put_environment(name: str, body: dict[str, Any]) -> Any:
    if private() and STATE["plan"] == "free":
        refuse(404, "Not Found")
    # GitHub refuses the names of these rules, whatever their values are.
    gated = {"reviewers", "wait_timer", "prevent_self_review"} & set(body)
    if private() and STATE["plan"] != "enterprise" and gated:
        refuse(
            422,
            "Failed to create the environment protection rule. "
            "Please ensure the billing plan supports the required reviewers protection rule.",
        )
    rules: list[dict[str, Any]] = [{"type": "branch_policy"}]
    if body.get("wait_timer"):
        rules.append({"type": "wait_timer", "wait_timer": body["wait_timer"]})
    if body.get("reviewers"):
        reviewers = [{"type": each["type"], "reviewer": {"id": each["id"]}} for each in body["reviewers"]]
        review = {"type": "required_reviewers", "prevent_self_review": body.get("prevent_self_review", False)}
        rules.append(review | {"reviewers": reviewers})
    former = STATE["environments"].get(name, {"branches": [], "secrets": {}})
    STATE["environments"][name] = former | {
        "protection_rules": rules,
        "deployment_branch_policy": body["deployment_branch_policy"],
    }
    return STATE["environments"][name]


def enable_actions(_: re.Match[str], body: dict[str, Any]) -> None:
    STATE["enabled"] = body["enabled"] == "true"


def enable_workflow(path: re.Match[str], _: dict[str, Any]) -> None:
    (workflow,) = (each for each in STATE["workflows"] if each["id"] == int(path[1]))
    workflow["state"] = "active"


def add_branch(path: re.Match[str], body: dict[str, Any]) -> Any:
    branch = {"id": 7, "name": body["name"], "type": "branch"}
    STATE["environments"][path[1]]["branches"].append(branch)
    return branch


def delete_branch(path: re.Match[str], _: dict[str, Any]) -> None:
    environment = STATE["environments"][path[1]]
    environment["branches"] = [each for each in environment["branches"] if each["id"] != int(path[2])]


BRANCHES = "environments/([^/]+)/deployment-branch-policies"
# What GitHub's API does, by method and path below the repository.
ROUTES: dict[tuple[str, str], Callable[[re.Match[str], dict[str, Any]], Any]] = {
    ("GET", ""): lambda _, __: STATE["repository"],
    ("GET", "actions/oidc/customization/sub"): lambda _, __: STATE["subject"],
    ("GET", "actions/permissions"): lambda _, __: {"enabled": STATE["enabled"]},
    ("PUT", "actions/permissions"): enable_actions,
    ("GET", "actions/workflows"): lambda _, __: {"workflows": STATE["workflows"]},
    ("PUT", "actions/workflows/([0-9]+)/enable"): enable_workflow,
    ("GET", r"actions/variables/(\w+)"): lambda path, _: {"value": found(STATE["variables"], path[1])},
    ("GET", r"actions/secrets/(\w+)"): lambda path, _: {
        "name": path[1],
        "at": bool(found(STATE["secrets"], path[1])),
    },
    ("GET", "environments/([^/]+)"): lambda path, _: found(STATE["environments"], path[1]),
    ("PUT", "environments/([^/]+)"): lambda path, body: put_environment(path[1], body),
    ("GET", BRANCHES): lambda path, _: {"branch_policies": found(STATE["environments"], path[1])["branches"]},
    ("POST", BRANCHES): add_branch,
    ("DELETE", BRANCHES + "/([0-9]+)"): delete_branch,
    ("GET", r"environments/([^/]+)/secrets/(\w+)"): lambda path, _: {
        "name": path[2],
        "at": bool(found(found(STATE["environments"], path[1])["secrets"], path[2])),
    },
    ("GET", f"compare/{DEPLOYED}[.]{{3}}main"): lambda _, __: STATE["compared"],
}


def api(method: str, address: str, body: dict[str, Any]) -> Any:
    """The answer of GitHub's API; changes STATE."""
    path, _, _ = address.partition("?")
    if path == "user":
        return STATE["users"]["me"]
    if user := re.fullmatch(r"users/(\w+)", path):
        return found(STATE["users"], user[1])
    if path != f"repos/{NAME}" and not path.startswith(f"repos/{NAME}/"):
        refuse(404, "Not Found")
    rest = path.removeprefix(f"repos/{NAME}").removeprefix("/")
    for (named, pattern), answer in ROUTES.items():
        if named == method and (match := re.fullmatch(pattern, rest)):
            return answer(match, body)
    raise AssertionError((method, address))


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def printed(answer: Any, arguments: list[str]) -> None:
    """Prints as gh does, with jq instead of the one that gh has, and ends."""
    query = option(arguments, "--jq") if "--jq" in arguments else "."
    save()
    source, sink = os.pipe()
    os.write(sink, json.dumps(answer).encode())
    os.close(sink)
    os.dup2(source, 0)
    os.execlp("jq", "jq", "--raw-output", query)


def save() -> None:
    with open(FILE, "w") as state:
        json.dump(STATE, state, indent=1)


def run_view(fields: list[str]) -> Any:
    """A run that has ended, or the next state of the one that is followed."""
    if "headSha" in fields:
        jobs = [{"name": "smoke-dev", "status": "completed", "conclusion": STATE["answered"]}]
        return {"headSha": DEPLOYED, "jobs": jobs}
    following = STATE["following"]
    return following.pop(0) if len(following) > 1 else following[0]


def main(arguments: list[str]) -> None:
    if any(re.search(pattern, " ".join(arguments)) for pattern in STATE["forbidden"]):
        refuse(403, "Must have admin rights to Repository.")
    match arguments:
        case ["api", *rest]:
            method = option(rest, "--method") if "--method" in rest else "GET"
            fields = [value for flag, value in pairwise(rest) if flag in {"-f", "-F"}]
            body = dict(field.split("=", 1) for field in fields)
            if "--input" in rest:
                with open(option(rest, "--input")) as request:
                    body = json.load(request)
            (address,) = (each for each in rest if re.match(r"(repos|users)/|user$", each))
            answer = api(method, address, body)
            if answer is not None:
                printed(answer, rest)
        case ["variable", "set", name, *rest]:
            STATE["variables"][name] = option(rest, "--body")
        case ["secret", "set", name, *rest]:
            place = STATE["environments"][option(rest, "--env")] if "--env" in rest else STATE
            place["secrets"][name] = sys.stdin.read().strip()
        case ["workflow", "run", "deploy.yml", *_]:
            STATE["runs"].append(len(STATE["runs"]) + 100)
        case ["run", "list", *rest]:
            printed([{"databaseId": run} for run in STATE["runs"][-1:]], rest)
        case ["run", "view", _, *rest]:
            printed(run_view(option(rest, "--json").split(",")), rest)
        case _:
            raise AssertionError(arguments)


if __name__ == "__main__":
    with open(os.environ["CALLS"], "a") as calls:
        print("gh", *sys.argv[1:], file=calls)
    main(sys.argv[1:])
    save()
