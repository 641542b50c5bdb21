import pytest

from longwire_local.transcript import Event, RunFailed, Transcript, events


class Reader:
    def __init__(self) -> None:
        self.answers: list[str] = []
        self.notes: list[str] = []
        self.transcript = Transcript(self.answers.append, self.notes.append)

    def read(self, *events: Event) -> list[bool]:
        return [self.transcript.read(event) for event in events]


def test_text_deltas_are_the_answer() -> None:
    reader = Reader()
    ended = reader.read(
        {"type": "ack", "runId": "r1", "status": "queued"},
        {"type": "RUN_STARTED"},
        {"type": "TEXT_MESSAGE_START", "messageId": "m1"},
        {"type": "TEXT_MESSAGE_CONTENT", "delta": "It is "},
        {"type": "TEXT_MESSAGE_CONTENT", "delta": "sunny."},
        {"type": "TEXT_MESSAGE_END"},
        {"type": "RUN_FINISHED", "outcome": {"type": "success"}},
    )
    assert ended == [False] * 6 + [True]
    assert reader.answers == ["It is ", "sunny."]
    assert reader.notes == []


def test_an_event_of_a_service_is_a_note_even_if_its_type_is_that_of_an_end() -> None:
    reader = Reader()
    event = {"specversion": "1.0", "id": "e1", "source": "/orders", "type": "RUN_FINISHED", "data": "Ä"}
    assert reader.read({"type": "push", "id": "e1", "event": event}, event) == [False, False]
    note = 'push: {"specversion": "1.0", "id": "e1", "source": "/orders", "type": "RUN_FINISHED", "data": "Ä"}'
    assert (reader.notes, reader.answers) == ([note, note], [])


def test_a_second_message_begins_on_a_new_line() -> None:
    reader = Reader()
    text = {"type": "TEXT_MESSAGE_START"}, {"type": "TEXT_MESSAGE_CONTENT", "delta": "a"}
    reader.read(*text, *text)
    assert "".join(reader.answers) == "a\na"


def test_arguments_of_parallel_tool_calls_are_kept_apart() -> None:
    reader = Reader()
    reader.read(
        {"type": "TOOL_CALL_START", "toolCallId": "1", "toolCallName": "get_weather"},
        {"type": "TOOL_CALL_START", "toolCallId": "2", "toolCallName": "current_time"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": "1", "delta": '{"location":'},
        {"type": "TOOL_CALL_ARGS", "toolCallId": "2", "delta": "{}"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": "1", "delta": '"Rome"}'},
        {"type": "TOOL_CALL_END", "toolCallId": "1"},
        {"type": "TOOL_CALL_END", "toolCallId": "2"},
        {"type": "CUSTOM", "name": "lw.status", "value": {"text": "Looking up…"}},
        {"type": "TOOL_CALL_RESULT", "toolCallId": "1", "content": "sunny"},
        {"type": "TOOL_CALL_RESULT", "toolCallId": "2", "content": "?", "metadata": {"lw.outcome": "error"}},
    )
    assert reader.notes == [
        '-> get_weather {"location":"Rome"}',
        "-> current_time {}",
        "Looking up…",
        "<- get_weather: sunny",
        "<- current_time (error): ?",
    ]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"type": "RUN_ERROR", "message": "Too many.", "code": "model_throttled"}, "Too many. (model_throttled)"),
        ({"type": "error", "message": "Too long.", "code": "invalid_message"}, "Too long. (invalid_message)"),
        (
            {
                "type": "RUN_FINISHED",
                "outcome": {"type": "cancelled"},
                "metadata": {"lw.reason": "timeout"},
            },
            "the run was cancelled: timeout",
        ),
        ({"message": "Internal server error", "requestId": "x"}, "Internal server error"),
    ],
)
def test_a_failed_run_has_its_reason_in_the_message(event: Event, text: str) -> None:
    with pytest.raises(RunFailed) as failure:
        Reader().read(event)
    assert str(failure.value) == text


def test_a_frame_has_any_number_of_events() -> None:
    assert events("") == []
    assert events('{"type":"a"}') == [{"type": "a"}]
    assert events(b'{"type":"a"}\n{"type":"b"}\n') == [{"type": "a"}, {"type": "b"}]


@pytest.mark.parametrize("frame", ["plain text", "[1]", '"a"', '{"type":"a"}\n{'])
def test_a_frame_that_is_not_json_lines_fails_the_run(frame: str) -> None:
    with pytest.raises(RunFailed):
        events(frame)
