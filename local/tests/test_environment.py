import pytest

from longwire_local.auth import VARIABLES, Mode
from longwire_local.checkout import Checkout
from longwire_local.environment import (
    Endpoints,
    function_environment,
    ministack_environment,
    settings,
    unknown_settings,
)
from longwire_local.facts import EVENT_SOURCES, FUNCTIONS, QUEUES, ROUTES, SETTINGS
from longwire_local.options import Options

AT = Endpoints(
    "http://m",
    "http://s",
    "http://m/api/live",
    "http://m/q",
    "http://m/dead",
    "http://m/replays",
    "http://m/pushes",
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_gets_its_required_variables(name: str) -> None:
    environment = function_environment(name, AT, Options())
    assert set(environment) - {"AUTH"} - set(SETTINGS) == set(FUNCTIONS[name].environment)
    assert all(environment.values())


def test_settings_reach_only_the_functions_that_have_them() -> None:
    chosen = settings({"LONGWIRE_FN_MAX_STEPS": "3", "LONGWIRE_FN_ON_GONE": "finish", "PATH": "/bin"})
    assert chosen == {"MAX_STEPS": "3", "ON_GONE": "finish"}
    options = Options(chosen)
    assert "MAX_STEPS" not in function_environment("ingest", AT, options)
    assert function_environment("ingest", AT, options)["ON_GONE"] == "finish"
    assert function_environment("worker", AT, options)["MAX_STEPS"] == "3"


def test_the_room_to_try_is_there_unless_other_rooms_are_chosen() -> None:
    for name in ("ingest", "push"):
        assert function_environment(name, AT, Options())["ROOMS"] == '{"lobby":["*"]}'
        assert function_environment(name, AT, Options({"ROOMS": "{}"}))["ROOMS"] == "{}"
    assert "ROOMS" not in function_environment("worker", AT, Options())


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("none", {"AUTH": "none"}),
        ("token", {"AUTH": "token", "AUTH_TOKEN_PARAMETER": "/longwire/local/auth-token"}),
        (
            "oidc",
            {
                "AUTH": "oidc",
                "AUTH_ISSUER": "http://s/issuer",
                "AUTH_AUDIENCE": "longwire-local",
                "AUTH_GROUPS_CLAIM": "groups",
            },
        ),
    ],
)
def test_the_variables_of_authentication_depend_on_its_mode(mode: Mode, expected: dict[str, str]) -> None:
    environment = function_environment("authorizer", AT, Options(auth=mode))
    assert {name: value for name, value in environment.items() if name.startswith("AUTH")} == expected


def test_only_the_authorizer_gets_the_name_of_the_secret() -> None:
    assert "AUTH_TOKEN_PARAMETER" not in function_environment("ingest", AT, Options(auth="token"))
    assert function_environment("worker", AT, Options(auth="token")).keys().isdisjoint(VARIABLES.values())


def test_unknown_settings_are_found() -> None:
    assert unknown_settings({"MAX_STEP": "3", "ON_GONE": "finish"}) == ["MAX_STEP"]


def test_functions_do_not_get_the_callers_credentials(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    environment = ministack_environment(checkout, "127.0.0.1", 1)
    assert "AWS_PROFILE" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "local"
    assert environment["HOME"].startswith(str(checkout.state))


def test_queues_functions_and_routes_are_consistent() -> None:
    for source in EVENT_SOURCES:
        # Lambda refuses an event source whose queue's visibility timeout is below the function's timeout.
        queue = QUEUES[source.queue]
        assert queue.visibility >= FUNCTIONS[source.function].timeout
        assert queue.dead_letters in QUEUES
    assert {route.function for route in ROUTES} <= set(FUNCTIONS)
    # API Gateway has authorizers only for this route.
    assert {route.key: route.authorizer for route in ROUTES if route.authorizer} == {"$connect": "authorizer"}
    # Ten threads must not wait for each other.
    (workers,) = (source.max_concurrency for source in EVENT_SOURCES if source.function == "worker")
    assert workers >= 12
