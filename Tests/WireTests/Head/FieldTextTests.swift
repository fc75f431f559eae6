import Testing
import Wire

struct FieldTextTests {
  @Test(arguments: [
    ("text/event-stream", true), ("Text/Event-STREAM; charset=utf-8", true),
    ("text/event-strea", false), ("text/event_stream", false), ("xtext/event-stream", false),
    ("application/json", false), ("", false),
  ])
  func `a value starts with a literal in any case or not at all`(value: String, starts: Bool) {
    let bytes = Array(value.utf8)
    let found = bytes.withUnsafeBytes { FieldText.starts($0, with: "text/event-stream") }
    #expect(found == starts)
  }
}
