import pytest
from described import description

from longwire_local import cli
from longwire_local.auth import MODES, Mode
from longwire_local.checkout import Checkout
from longwire_local.errors import LocalError


@pytest.mark.parametrize(
    ("mode", "command"),
    [
        ("none", None),
        ("token", "./scripts/local token"),
        ("oidc", "./scripts/local token --user alice"),
    ],
)
def test_the_printed_command_gets_its_token_when_it_runs(mode: Mode, command: str | None) -> None:
    header = f' -H "Authorization: Bearer $({command})"' if command else ""
    assert cli._wscat(description(mode)) == (
        f"npx wscat@6.1.0 -c 'ws://m' -s longwire.v1{header} -x '{{\"prompt\":\"Hey!\"}}' -w 5"
    )


def test_up_remarks_on_every_mode() -> None:
    assert cli.ADMISSION.keys() == set(MODES)
    assert "everybody may connect, and all are one user" in cli.ADMISSION["none"]


def test_groups_are_repeatable_and_the_expiry_may_be_negative() -> None:
    words = ["token", "--user", "alice", "--group", "staff", "--group", "ops", "--expires", "-60"]
    chosen = cli._parser().parse_args(words)
    assert (chosen.user, chosen.group, chosen.expires) == ("alice", ["staff", "ops"], -60)
    chosen = cli._parser().parse_args(["ask", "Hey!"])
    assert (chosen.user, chosen.group, chosen.expires) == (None, [], None)


def test_tools_are_repeatable() -> None:
    words = ["--tool", "song=jq -r .sign", "--tool", "place=pwd", "--tool-schema", "song=song.json"]
    for command in (["ask", "Hey!"], ["chat"]):
        chosen = cli._parser().parse_args([*command, *words])
        assert chosen.tool == ["song=jq -r .sign", "place=pwd"]
        assert chosen.tool_schema == ["song=song.json"]
        chosen = cli._parser().parse_args(command)
        assert (chosen.tool, chosen.tool_schema) == ([], [])


def test_up_keeps_the_mode_of_the_running_stack_by_default() -> None:
    assert cli._parser().parse_args(["up"]).auth is None
    assert cli._parser().parse_args(["up", "--auth", "oidc"]).auth == "oidc"


def test_a_token_requires_a_stack_that_takes_one(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LONGWIRE_STATE", raising=False)
    chosen = cli._parser().parse_args(["token"])
    with pytest.raises(LocalError, match="the stack does not run"):
        chosen.run(checkout, chosen)
    description("none").save(checkout)
    monkeypatch.setattr("longwire_local.freshness.running", lambda _: True)
    with pytest.raises(LocalError, match="takes no token"):
        chosen.run(checkout, chosen)
