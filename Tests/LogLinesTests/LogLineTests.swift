import JSONFields
import Logging
import Testing
import Vocabulary

@testable import LogLines

struct LogLineTests {
  private static let time = UTCTime(milliseconds: 1_735_689_600_123)

  private func line(
    _ level: Logger.Level, _ message: String, as format: LogFormat,
    _ add: (inout LogFields) -> Void = { _ in }
  ) -> String {
    var fields = LogFields(format)
    add(&fields)
    var line = ByteBuffer()
    var message = message
    message.withUTF8 {
      LogLine.append(
        level, UnsafeRawBufferPointer($0), fields.bytes, at: Self.time, as: format, to: &line)
    }
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private func fill(_ fields: inout LogFields) {
    fields.add("id", "a b")
    fields.add("word", "plain" as StaticString)
    fields.add("count", number: -3)
    fields.add("ms", milliseconds: .microseconds(12_034))
  }

  @Test func `a text line has time, level, message and pairs`() {
    #expect(
      line(.info, "request", as: .text, fill)
        == "2025-01-01T00:00:00.123Z INFO request id=\"a b\" word=plain count=-3 ms=12.034\n")
    #expect(line(.critical, "x", as: .text) == "2025-01-01T00:00:00.123Z CRITICAL x\n")
  }

  @Test func `a JSON line is one object with numbers as numbers`() throws {
    let text = line(.warning, "a \"message\"\n", as: .json, fill)
    #expect(
      text == #"{"ts":"2025-01-01T00:00:00.123Z","level":"warning","msg":"a \"message\"\n","#
        + #""id":"a b","word":"plain","count":-3,"ms":12.034}"# + "\n")
  }

  @Test(arguments: LogFormat.allCases)
  func `whatever a client sent, a record is one line`(_ format: LogFormat) throws {
    let bytes = [UInt8](0...255)
    let text = line(.info, "request", as: format) { fields in
      bytes.withUnsafeBytes { fields.add("id", $0) }
    }
    #expect(text.utf8.count { $0 == 0x0A } == 1 && text.hasSuffix("\n"))
    #expect(!text.utf8.contains { $0 < 0x20 && $0 != 0x0A })
    guard format == .json else { return }
    var copy = text
    try copy.withUTF8 { bytes in
      let object = try JSONValue(validating: UnsafeRawBufferPointer(bytes))
      #expect(object["id"]?.string?.hasPrefix("\u{0}\u{1}") == true)
    }
  }

  @Test(arguments: [
    (0, "0.000"), (999, "0.000"), (1000, "0.001"), (1_234_567_891, "1234.567"),
    (-1_500_000, "-1.500"),
  ])
  func `milliseconds have three decimals`(_ nanoseconds: Int64, _ text: String) {
    var buffer = ByteBuffer()
    buffer.append(milliseconds: .nanoseconds(nanoseconds))
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
  }
}
