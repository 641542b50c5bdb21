"""Answers to interrupts: a run ends with them when calls of the server need an approval."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .approver import Approver, Decision
from .exchange import Exchange
from .transcript import Event, Interrupt, RunFailed, failure

# Refusals of the decision on one call: the user may not decide on it, or another client has decided otherwise.
ONE_CALL = ("forbidden", "not_pending")


def answer(exchange: Exchange, interrupts: Sequence[Interrupt], approver: Approver | None) -> None:
    """Asks for decisions on the calls of a run, and sends them. The last one starts the run that follows.

    Raises RunFailed when no run of this connection follows. Only a person who ends the dialog cancels the wait:
    otherwise another client may still answer.
    """
    if approver is None:
        raise RunFailed(_unanswered(interrupts))
    run = interrupts[0].call.run
    try:
        _decide(exchange, interrupts, approver)
    except EOFError as end:
        exchange.give_up(run)
        raise RunFailed("there is no decision, so the wait for it was cancelled") from end
    except KeyboardInterrupt:
        exchange.give_up(run)
        raise


def _decide(exchange: Exchange, interrupts: Sequence[Interrupt], approver: Approver) -> None:
    waiting = [interrupt.call.id for interrupt in interrupts]
    refusal = ""
    for interrupt in interrupts:
        if interrupt.call.id not in waiting:
            # Another client has decided meanwhile.
            continue
        if refusal:
            approver.note(refusal)
        response = _response(exchange, interrupt, approver)
        if response["type"] == "ack":
            waiting = response.get("pending", [])
        elif response.get("code") in ONE_CALL:
            refusal = failure(response)
        else:
            raise RunFailed(failure(response))
    if refusal and waiting:
        raise RunFailed(refusal)


def _response(exchange: Exchange, interrupt: Interrupt, approver: Approver) -> Event:
    """Asks for a decision, again while the server finds it invalid, as with arguments that do not fit the tool.

    Raises RunFailed when another client gave the last answer: the events of the next run are not sent here.
    """
    approver.show(interrupt)
    while True:
        with exchange.paused():
            decision = approver.decide(interrupt.call)
        response, attempts = exchange.settle(_request(interrupt, decision))
        if response.get("code") != "invalid_message":
            break
        approver.note(failure(response))
    if attempts == 1 and response.get("duplicate") and not response.get("pending"):
        raise RunFailed(f"another client has decided, and gets the answer (run {response.get('runId')})")
    return response


def _request(interrupt: Interrupt, decision: Decision) -> Event:
    return {"action": "approval", "interruptId": interrupt.id, **decision.fields()}


def _unanswered(interrupts: Sequence[Interrupt]) -> str:
    """Text for people who have to answer with another client."""
    remarks = ["calls wait for an approval, and stdin is no terminal; answer with another client:"]
    for interrupt in interrupts:
        request = {
            "action": "approval",
            "threadId": interrupt.thread,
            "interruptId": interrupt.id,
            "approved": True,
        }
        remarks += [f"{interrupt.id}: {interrupt.call.text()}", f"  {json.dumps(request)}"]
    return "\n".join(remarks)
