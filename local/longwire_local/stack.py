"""Starts, updates and ends the stack."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from . import auth, fingerprint, processes, servers
from .applied import apply
from .build import SIMULATOR, build
from .checkout import Checkout
from .deploy import Deployment
from .environment import Endpoints, settings, unknown_settings
from .facts import FUNCTIONS, REGION, STAGE, TABLES, deployed
from .freshness import fresh, running
from .memory import need_memory
from .options import Options, Requested
from .package import stripped, write_zip
from .ports import SIMULATOR_PORT, free_port, requested_port
from .processes import Started
from .progress import say
from .state import Description, Record


@dataclass(frozen=True)
class Built:
    """A finished build: the sources' fingerprint, and path and sha256 of each package's executable."""

    sources: str
    executables: dict[str, Path]
    hashes: dict[str, str]


def bring_up(checkout: Checkout, requested: Requested) -> Description:
    """Starts the stack or brings a running one up to date. The caller holds the lock.

    Raises LocalError when the build or the deployment fails or a server does not start.
    """
    record = Record.load(checkout)
    description = Description.load(checkout)
    if not (running(record) and description and record.stack == fingerprint.of_stack(checkout)):
        # A stack that is replaced by a newer one keeps its mode: it must not begin to let everybody in.
        return _start(checkout, requested.over(Options(settings(os.environ), auth=record.auth)))
    options = requested.over(record.options)
    if options.terraform or record.terraform:
        return _keep_or_start(checkout, record, description, options)
    if not fresh(checkout, record):
        description = _refresh(checkout, record, description)
    if options != record.options:
        description = _change_options(checkout, record, description, options)
    return description


def take_down(checkout: Checkout) -> bool:
    """Ends the stack of this checkout. Returns False when nothing ran. The caller holds the lock."""
    record = Record.load(checkout)
    checkout.description.unlink(missing_ok=True)
    found = [processes.stop(started, checkout.state) for started in record.processes.values()]
    checkout.record.unlink(missing_ok=True)
    shutil.rmtree(checkout.scratch, ignore_errors=True)
    return any(found)


def _keep_or_start(checkout: Checkout, record: Record, description: Description, options: Options) -> Description:
    """Starts the stack again unless nothing has changed.

    Terraform's state of a MiniStack is not kept, so a running deployment by Terraform cannot be updated.
    """
    unchanged = options == record.options and fresh(checkout, record)
    return description if unchanged else _start(checkout, options)


def _start(checkout: Checkout, options: Options) -> Description:
    _warn_of_unknown_settings(options)
    need_memory()
    requested = requested_port(os.environ.get("LONGWIRE_PORT"))
    built = _build(checkout)
    if take_down(checkout):
        say("ended the former stack")
    shutil.rmtree(checkout.logs, ignore_errors=True)
    checkout.logs.mkdir(parents=True)
    checkout.scratch.mkdir(parents=True)
    try:
        return _start_servers(checkout, built, options, requested)
    except BaseException:
        # A stack that is half started, also after Ctrl-C, is ended. Its logs stay.
        take_down(checkout)
        raise


def _start_servers(checkout: Checkout, built: Built, options: Options, requested: int | None) -> Description:
    terraform = fingerprint.of_terraform(checkout) if options.terraform else ""
    record = Record(settings=options.settings, auth=options.auth, terraform=terraform)

    def on_start(name: str, started: Started) -> None:
        record.processes[name] = started
        record.save(checkout)

    say("starting MiniStack and the simulator")
    ministack = servers.start_ministack(checkout, requested, on_start)
    simulator_port = free_port(SIMULATOR_PORT)
    simulator = servers.start_simulator(checkout, built.executables[SIMULATOR], simulator_port, on_start)
    code = _packages(checkout, built, list(FUNCTIONS))
    servers.wait_for_ministack(checkout, ministack, record.processes["ministack"])
    say(f"deploying to MiniStack at {ministack}")
    if options.terraform:
        description = _apply(checkout, ministack, simulator, options, record)
    else:
        description = _deploy(ministack, simulator, code, options, record)
    _record_build(checkout, record, built)
    description.save(checkout)
    return description


def _deploy(
    ministack: str, simulator: str, code: dict[str, bytes], options: Options, record: Record
) -> Description:
    deployment = Deployment(ministack)
    deployment.create_tables()
    queues = deployment.create_queues()
    if options.auth == "token":
        deployment.create_shared_token()
    api = deployment.create_gateway()
    management = f"{ministack}/_aws/execute-api/{api}/{STAGE}"
    at = Endpoints(
        ministack,
        simulator,
        management,
        queues["runs"],
        queues["runs-dead"],
        queues["replays"],
        queues["pushes"],
    )
    for name in FUNCTIONS:
        deployment.create_function(name, code[name], at, options)
    deployment.create_routes(api)
    deployment.create_event_sources()
    deployment.create_change_sources()
    deployment.create_schedules()
    topic, bus = deployment.create_push_topic(), deployment.create_event_bus(options)
    return Description(
        websocket=management.replace("http://", "ws://", 1),
        management=management,
        region=REGION,
        ministack=ministack,
        simulator=simulator,
        queue_url=at.queue_url,
        dead_letter_url=at.dead_letter_url,
        replay_queue_url=at.replay_queue_url,
        replay_dead_letter_url=queues["replays-dead"],
        push_queue_url=at.push_queue_url,
        push_dead_letter_url=queues["push-dead"],
        push_topic_arn=topic,
        event_bus=bus,
        tables={name: deployed(name) for name in TABLES},
        functions={name: deployed(name) for name in FUNCTIONS},
        pids={name: started.pid for name, started in record.processes.items()},
        auth=auth.describe(options.auth, simulator),
    )


def _apply(checkout: Checkout, ministack: str, simulator: str, options: Options, record: Record) -> Description:
    outputs = apply(checkout, ministack, simulator, checkout.scratch, options)
    management = outputs.management(ministack)
    return Description(
        websocket=management.replace("http://", "ws://", 1),
        management=management,
        region=REGION,
        ministack=ministack,
        simulator=simulator,
        queue_url=outputs.queue_url,
        dead_letter_url=outputs.dead_letter_url,
        replay_queue_url=outputs.replay_queue_url,
        replay_dead_letter_url=outputs.replay_dead_letter_url,
        push_queue_url=outputs.push_queue_url,
        push_dead_letter_url=outputs.push_dead_letter_url,
        push_topic_arn=outputs.push_topic_arn,
        event_bus=outputs.event_bus,
        tables=outputs.tables,
        functions=outputs.functions,
        pids={name: started.pid for name, started in record.processes.items()},
        auth=auth.describe(options.auth, simulator),
    )


def _refresh(checkout: Checkout, record: Record, description: Description) -> Description:
    need_memory()
    built = _build(checkout)
    changed = changed_packages(record.binaries, built.hashes)
    functions = [name for name in FUNCTIONS if name in changed]
    if functions:
        say(f"deploying {', '.join(functions)}")
        deployment = Deployment(description.ministack)
        for name, code in _packages(checkout, built, functions).items():
            deployment.update_code(name, code)
    if SIMULATOR in changed:
        description = _restart_simulator(checkout, record, description, built)
    _record_build(checkout, record, built)
    return description


def changed_packages(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Packages whose binary differs from the deployed one, by their sha256."""
    return {name for name, digest in after.items() if before.get(name) != digest}


def _restart_simulator(checkout: Checkout, record: Record, description: Description, built: Built) -> Description:
    """Restarts the simulator on its former port, which the functions are configured with."""
    say("restarting the simulator")
    processes.stop(record.processes[SIMULATOR], checkout.state)

    def on_start(name: str, started: Started) -> None:
        record.processes[name] = started
        record.save(checkout)
        description.pids[name] = started.pid
        description.save(checkout)

    port = urlsplit(description.simulator).port or 0
    servers.start_simulator(checkout, built.executables[SIMULATOR], port, on_start)
    return description


def _change_options(checkout: Checkout, record: Record, description: Description, options: Options) -> Description:
    _warn_of_unknown_settings(options)
    say("changing the functions' settings")
    at = Endpoints(
        description.ministack,
        description.simulator,
        description.management,
        description.queue_url,
        description.dead_letter_url,
        description.replay_queue_url,
        description.push_queue_url,
    )
    deployment = Deployment(description.ministack)
    if options.auth == "token":
        deployment.create_shared_token()
    for name in FUNCTIONS:
        deployment.update_settings(name, at, options)
    deployment.route_events(options)
    record.settings, record.auth = options.settings, options.auth
    record.save(checkout)
    description = replace(description, auth=auth.describe(options.auth, description.simulator))
    description.save(checkout)
    return description


def _build(checkout: Checkout) -> Built:
    # Computed before the build, so that a file saved while cargo runs counts as a change the next time.
    sources = fingerprint.of_sources(checkout)
    say("building the functions and the simulator (minutes the first time)")
    executables = build(checkout)
    hashes = {name: fingerprint.of_file(path) for name, path in executables.items()}
    return Built(sources, executables, hashes)


def _packages(checkout: Checkout, built: Built, names: list[str]) -> dict[str, bytes]:
    say("packing " + ", ".join(names))
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: _package(checkout, built, name), names), strict=True))


def _package(checkout: Checkout, built: Built, name: str) -> bytes:
    binary = stripped(built.executables[name], checkout.scratch / name / "bootstrap")
    target = checkout.scratch / f"{name}.zip"
    write_zip(binary, target, level=1)
    shutil.rmtree(binary.parent)
    return target.read_bytes()


def _record_build(checkout: Checkout, record: Record, built: Built) -> None:
    record.stack = fingerprint.of_stack(checkout)
    record.sources = built.sources
    record.binaries = built.hashes
    record.save(checkout)


def _warn_of_unknown_settings(options: Options) -> None:
    for name in unknown_settings(options.settings):
        say(f"note: no function takes LONGWIRE_FN_{name}")
