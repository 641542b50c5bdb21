"""A prompt and the runs that answer it."""

from __future__ import annotations

from collections.abc import Mapping

from websockets.exceptions import ConnectionClosed

from . import approvals, client_tools
from .approver import Approver
from .client_tools import ClientTool, Result
from .errors import LocalError
from .exchange import Exchange
from .transcript import Call, RunFailed

# As much as the server shows of a result of its own.
MAX_SHOWN = 16 * 1024


class Turn:
    """A prompt on a connection: its run, and those that follow with the results of this client's tools.

    `approver` decides on calls that need an approval; without one the turn fails at such a call.
    """

    def __init__(self, exchange: Exchange, tools: Mapping[str, ClientTool], approver: Approver | None) -> None:
        self._exchange = exchange
        self._transcript = exchange.transcript
        self._tools = tools
        self._approver = approver

    def play(self, prompt: str) -> None:
        """Sends the prompt and returns when it is answered.

        Raises RunFailed when a run fails, and LocalError at the end of the connection or of the time.
        """
        declared = [tool.declaration() for tool in self._tools.values()]
        try:
            self._exchange.send({"action": "prompt", "prompt": prompt} | ({"tools": declared} if declared else {}))
            while self._run():
                self._answer()
        except ConnectionClosed as closed:
            raise LocalError(f"the connection was closed before the answer was complete ({closed})") from closed

    def _run(self) -> bool:
        """Reads a run to its end. Returns True when the thread waits for answers."""
        self._exchange.read_run()
        return bool(self._transcript.interrupts or self._transcript.pending)

    def _answer(self) -> None:
        # The transcript may read the end of the next run meanwhile.
        if interrupts := self._transcript.interrupts:
            approvals.answer(self._exchange, interrupts, self._approver)
        else:
            self._make(self._transcript.pending)

    def _make(self, pending: list[Call]) -> None:
        """Runs the commands of the calls, one after another, and sends their results."""
        try:
            for call in pending:
                if tool := self._tools.get(call.name):
                    self._send_result(call, self._result(tool, call))
        except BaseException:
            # The thread would wait for the results otherwise, and refuse prompts.
            self._exchange.give_up(pending[0].run)
            raise
        if foreign := [call.name for call in pending if call.name not in self._tools]:
            raise RunFailed(f"the thread waits for results of another client's tools: {', '.join(foreign)}")

    def _result(self, tool: ClientTool, call: Call) -> Result:
        note = self._transcript.note
        note(f"$ {tool.command}")
        limit = min(client_tools.LIMIT_S, self._exchange.left())
        result = client_tools.run(tool, call.arguments or "{}", limit)
        note(f"<- {call.name}{' (error)' if result.failed else ''}: {result.text[:MAX_SHOWN]}")
        return result

    def _send_result(self, call: Call, result: Result) -> None:
        for fields in result.fields():
            self._exchange.accepted({"action": "tool_result", "toolCallId": call.id, **fields})
