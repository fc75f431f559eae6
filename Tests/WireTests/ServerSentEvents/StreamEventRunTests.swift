import Testing
import Vocabulary
import Wire

private func events(of bytes: [UInt8]) -> [String] {
  bytes.withUnsafeBytes { bytes in
    var run = StreamEventRun(bytes)
    var events: [String] = []
    while let place = run.next() { events.append(String(decoding: bytes[place], as: UTF8.self)) }
    return events
  }
}

private func data(of event: String) -> String {
  var buffer = ByteBuffer()
  latin1(event).withUnsafeBytes { StreamEventLines.appendData(of: $0, to: &buffer) }
  return String(decoding: buffer.bytes, as: UTF8.self)
}

struct StreamEventRunTests {
  @Test func `a run is cut after every empty line, whatever ends the lines`() {
    #expect(events(of: latin1("a\nb\n\nc\n\n")) == ["a\nb\n\n", "c\n\n"])
    #expect(events(of: latin1("a\r\n\r\nb\r\n\r\n")) == ["a\r\n\r\n", "b\r\n\r\n"])
    #expect(events(of: latin1("a\r\rb\r\r")) == ["a\r\r", "b\r\r"])
    #expect(events(of: latin1("\na\n\nrest")) == ["\n", "a\n\n", "rest"])
    #expect(events(of: []) == [])
  }

  @Test(arguments: 0..<10)
  func `the events are the run, in order and complete`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let alphabet = latin1("\r\n\r\nab")
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator)!
      }
      let events = events(of: bytes)
      #expect(events.joined() == String(decoding: bytes, as: UTF8.self))
      #expect(events.allSatisfy { !$0.isEmpty })
    }
  }

  @Test func `what is no data becomes white space of the same length`() {
    let rows = [
      ("data: {}\n\n", "      {}\n\n"),
      ("data:{}\r\n\r\n", "     {}\r\n\r\n"),
      (": c\nid: 1\ndata: {\ndata: }\n\n", "   \n     \n      {\n      }\n\n"),
      ("data\nevent: x\rdata:  1", "    \n        \r       1"),
      ("\u{EF}\u{BB}\u{BF}data: 1\n", "         1\n"),
      ("", ""),
    ]
    for (event, expected) in rows {
      #expect(data(of: event).replacing("\r", with: "\n") == expected.replacing("\r", with: "\n"))
      #expect(data(of: event) == expected, "\(event)")
    }
  }
}
