import Testing
import Vocabulary

import LogLines

struct LogValueTests {
  @Test(arguments: [
    ("plain", "plain"), ("", "\"\""), ("a b", "\"a b\""), ("\"", "\"\\\"\""), ("a\\b", "a\\b"),
    ("a \\", "\"a \\\\\""), ("\n\t\u{1f}", "\"\\x0a\\x09\\x1f\""), ("caf\u{e9}", "\"caf\u{e9}\""),
    ("\u{7f}", "\"\\x7f\""),
  ])
  func `a value is quoted and escaped exactly when it is not plain`(value: String, text: String) {
    var line = ByteBuffer()
    LogValue.append(value, to: &line)
    #expect(String(decoding: line.bytes, as: UTF8.self) == text)
  }
}
