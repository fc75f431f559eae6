import Testing
import Vocabulary

@testable import Bench

/// Traces, and what is none.
@Suite struct TraceTests {
  private static func read(_ text: String, _ form: Trace.Form) throws -> [TraceRequest] {
    var bytes = Array(text.utf8)
    return try bytes.withUnsafeMutableBytes {
      try Trace(parsing: UnsafeRawBufferPointer($0), as: form).requests
    }
  }

  private static func fault(_ text: String, _ form: Trace.Form) -> TraceFault? {
    do {
      _ = try read(text, form)
      return nil
    } catch {
      return error as? TraceFault
    }
  }

  private static let mooncake = """
    {"timestamp": 2000, "input_length": 700, "output_length": 3, "hash_ids": [0, 1]}
    {"timestamp": 500.5, "input_length": 12, "output_length": 52}\r

    {"output_length": 1, "more": {"x": [1]}, "hash_ids": [0, 7], "input_length": 1024, \
    "timestamp": 2000}
    """

  @Test func `a trace of JSON lines is read in order of time`() throws {
    #expect(
      try Self.read(Self.mooncake, .mooncake) == [
        TraceRequest(offset: .zero, inputTokens: 12, outputTokens: 52, blocks: []),
        TraceRequest(
          offset: .microseconds(1_499_500), inputTokens: 700, outputTokens: 3, blocks: [0, 1]),
        TraceRequest(
          offset: .microseconds(1_499_500), inputTokens: 1024, outputTokens: 1, blocks: [0, 7]),
      ])
  }

  private static let azure = """
    \u{FEFF}TIMESTAMP,ContextTokens,GeneratedTokens\r
    2023-11-16 18:17:03.9799600,4808,10\r
    2023-11-16 18:17:04.0319600,3180,8

    """

  @Test func `a trace of comma-separated values is read by the names of its columns`() throws {
    let requests = [
      TraceRequest(offset: .zero, inputTokens: 4808, outputTokens: 10, blocks: []),
      TraceRequest(offset: .milliseconds(52), inputTokens: 3180, outputTokens: 8, blocks: []),
    ]
    #expect(try Self.read(Self.azure, .azure) == requests)
    let other = """
      GeneratedTokens,x,"ContextTokens",TIMESTAMP
      8,1,3180,2024-02-29T00:00:00.052+00:00
      10,1,4808,"2024-02-29 00:00:00"
      """
    #expect(try Self.read(other, .azure) == requests)
  }

  @Test(arguments: [
    ("1969-12-31 23:59:59", -1), ("1970-01-01 00:00:00", 0), ("2000-03-01 00:00:00", 951_868_800),
    ("2023-11-16T18:17:03Z", 1_700_158_623), ("2024-12-31 23:59:60", 1_735_689_600),
  ])
  func `times are seconds since 1970`(_ text: String, _ seconds: Int) {
    #expect(AzureTrace.time(text) == .seconds(seconds))
  }

  static let wrong: [(String, Trace.Form, line: Int, word: String)] = [
    ("", .mooncake, 0, "no request"), ("\n\r\n", .mooncake, 0, "no request"),
    ("{\"timestamp\":0,\"input_length\":1,\"output_length\":1}\nnonsense", .mooncake, 2, "JSON"),
    ("{\"timestamp\":0,\"input_length\":1}", .mooncake, 1, "output_length"),
    ("[]", .mooncake, 1, "timestamp"), ("7", .mooncake, 1, "timestamp"),
    ("{\"timestamp\":0,\"input_length\":-1,\"output_length\":1}", .mooncake, 1, "input_length"),
    (
      "{\"timestamp\":0,\"input_length\":99999999999,\"output_length\":1}", .mooncake, 1,
      "input_length"
    ),
    ("{\"timestamp\":0,\"input_length\":1.5,\"output_length\":1}", .mooncake, 1, "input_length"),
    ("{\"timestamp\":-1,\"input_length\":1,\"output_length\":1}", .mooncake, 1, "timestamp"),
    ("{\"timestamp\":1e300,\"input_length\":1,\"output_length\":1}", .mooncake, 1, "timestamp"),
    (
      "{\"timestamp\":0,\"input_length\":1,\"output_length\":1,\"hash_ids\":[\"a\"]}", .mooncake,
      1, "hash_ids"
    ),
    ("", .azure, 0, "no request"), ("a,b,c\n1,2,3", .azure, 1, "TIMESTAMP"),
    ("{\"timestamp\":0}", .azure, 1, "TIMESTAMP"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens\n", .azure, 0, "no request"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1", .azure, 2, "TIMESTAMP"),
    (
      "TIMESTAMP,ContextTokens,GeneratedTokens\n\n2023-11-16 18:17:03,1", .azure, 3,
      "generatedtokens"
    ),
    ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,x,1", .azure, 2, "context"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:17:03,1,1", .azure, 2, "TIMESTAMP"),
  ]

  @Test(arguments: wrong)
  func `a line that is wrong is named with its number`(
    _ text: String, _ form: Trace.Form, line: Int, word: String
  ) throws {
    let fault = try #require(Self.fault(text, form))
    #expect(fault.line == line)
    #expect(fault.description.contains(word), "\(fault)")
  }

  @Test func `every beginning of a trace, and every byte of it replaced, is read or refused`() {
    for (text, form) in [(Self.mooncake, Trace.Form.mooncake), (Self.azure, .azure)] {
      let bytes = Array(text.utf8)
      for length in 0..<bytes.count {
        _ = Self.fault(String(decoding: bytes.prefix(length), as: UTF8.self), form)
        var changed = bytes
        changed[length] = changed[length] &* 31 &+ 17
        _ = Self.fault(String(decoding: changed, as: UTF8.self), form)
      }
    }
  }
}
