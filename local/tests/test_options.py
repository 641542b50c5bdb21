import pytest

from longwire_local.auth import VARIABLES, describe, variables
from longwire_local.facts import FUNCTIONS
from longwire_local.options import Options, Requested
from longwire_local.state import Record

RUNNING = Options({"MAX_STEPS": "3"}, terraform=True, auth="oidc")


def test_a_command_without_options_keeps_those_of_the_running_stack() -> None:
    assert Requested().over(RUNNING) == RUNNING


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (Requested(settings={}), Options({}, True, "oidc")),
        (Requested(terraform=False), Options({"MAX_STEPS": "3"}, False, "oidc")),
        (Requested(auth="none"), Options({"MAX_STEPS": "3"}, True, "none")),
    ],
)
def test_requested_options_replace_those_of_the_running_stack(requested: Requested, expected: Options) -> None:
    assert requested.over(RUNNING) == expected


def test_the_record_of_a_stack_has_its_options() -> None:
    record = Record(settings={"MAX_STEPS": "3"}, auth="token", terraform="fingerprint")
    assert record.options == Options({"MAX_STEPS": "3"}, True, "token")
    assert Record().options == Options()


def test_functions_have_the_variables_of_authentication_only_in_auth() -> None:
    of_auth = set(VARIABLES.values())
    for function in FUNCTIONS.values():
        assert set(function.auth) <= of_auth
        assert of_auth.isdisjoint({*function.environment, *function.optional})


def test_every_key_of_the_description_is_a_variable() -> None:
    assert variables(describe("token", "http://s")) == {
        "AUTH": "token",
        "AUTH_TOKEN_PARAMETER": "/longwire/local/auth-token",
    }
    assert describe("oidc", "http://s")["issuer"] == "http://s/issuer"
