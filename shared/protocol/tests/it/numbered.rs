//! JSON of a numbered event (docs/protocol.md section 9).

use longwire_protocol::numbered::NumberedEvent;

use crate::format::rich_run;

/// Events of the protocol's transcript, byte for byte.
const TRANSCRIPT: &str = r#"{"type":"RUN_STARTED","threadId":"t_8k2m","runId":"r_41xq","protocolVersion":"1.0","input":{"threadId":"t_8k2m","runId":"r_41xq","messages":[{"id":"u_1","role":"user","content":"How is the weather in New York?"}],"tools":[],"context":[],"state":{},"forwardedProps":{}},"metadata":{"lw.seq":1,"lw.run":"r_41xq"}}
{"type":"STEP_STARTED","stepName":"turn-1","metadata":{"lw.seq":2,"lw.run":"r_41xq"}}
{"type":"TOOL_CALL_START","toolCallId":"tc_1","toolCallName":"get_weather","parentMessageId":"m_3","metadata":{"lw.seq":3,"lw.run":"r_41xq","lw.executor":"server"}}
{"type":"TOOL_CALL_ARGS","toolCallId":"tc_1","delta":"{\"location\":\"New York\"}","metadata":{"lw.seq":4,"lw.run":"r_41xq"}}
{"type":"TOOL_CALL_END","toolCallId":"tc_1","metadata":{"lw.seq":5,"lw.run":"r_41xq"}}
{"type":"STEP_FINISHED","stepName":"turn-1","metadata":{"lw.seq":6,"lw.run":"r_41xq","lw.stopReason":"tool_use","lw.usage":{"inputTokens":410,"outputTokens":52,"totalTokens":462},"lw.latencyMs":1420}}
{"type":"CUSTOM","name":"lw.status","value":{"text":"Looking up the weather…","toolCallId":"tc_1"},"metadata":{"lw.seq":7,"lw.run":"r_41xq"}}
{"type":"TOOL_CALL_RESULT","messageId":"m_4","toolCallId":"tc_1","content":"It is sunny in New York","role":"tool","metadata":{"lw.seq":8,"lw.run":"r_41xq","lw.outcome":"success","lw.ms":41}}
{"type":"STEP_STARTED","stepName":"turn-2","metadata":{"lw.seq":9,"lw.run":"r_41xq"}}
{"type":"TEXT_MESSAGE_START","messageId":"m_5","role":"assistant","metadata":{"lw.seq":10,"lw.run":"r_41xq"}}
{"type":"TEXT_MESSAGE_CONTENT","messageId":"m_5","delta":"It is sunny in New York.","metadata":{"lw.seq":11,"lw.run":"r_41xq"}}
{"type":"TEXT_MESSAGE_END","messageId":"m_5","metadata":{"lw.seq":12,"lw.run":"r_41xq"}}
{"type":"STEP_FINISHED","stepName":"turn-2","metadata":{"lw.seq":13,"lw.run":"r_41xq","lw.stopReason":"end_turn","lw.usage":{"inputTokens":480,"outputTokens":19,"totalTokens":499},"lw.latencyMs":760}}
{"type":"RUN_FINISHED","threadId":"t_8k2m","runId":"r_41xq","outcome":{"type":"success"},"usage":[{"provider":"bedrock","model":"…","inputTokens":890,"outputTokens":71,"totalTokens":961}],"metadata":{"lw.seq":14,"lw.run":"r_41xq"}}"#;

#[test]
fn events_are_serialized_as_in_the_transcript_of_the_protocol() {
    let read = |text: &str| serde_json::from_str::<NumberedEvent>(text).unwrap();
    let events: Vec<NumberedEvent> = TRANSCRIPT.lines().map(read).collect();
    let written: Vec<String> = events.iter().map(NumberedEvent::json).collect();
    assert_eq!(written.join("\n"), TRANSCRIPT);
    assert_eq!(events[13].metadata.seq, 14);
}

#[test]
fn an_event_deserializes_to_itself() {
    for event in rich_run() {
        let read: NumberedEvent = serde_json::from_str(&event.json()).unwrap();
        assert_eq!(read, event);
    }
}
