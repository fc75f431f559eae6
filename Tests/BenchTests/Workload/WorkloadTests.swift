import JSONFields
import Testing
import Vocabulary

@testable import Bench

/// What requests are made of, and how they are written.
@Suite struct WorkloadTests {
  /// The tokens of a request's prompt, as they are sent.
  private static func tokens(_ request: WorkloadRequest) throws -> [Int] {
    var buffer = ByteBuffer()
    PromptForm.tokens.append(request.pieces, to: &buffer)
    let list = try JSONValue(validating: buffer.bytes)
    return list.elements.compactMap(\.integer)
  }

  private static func random(
    _ prefix: Int, _ input: Int, _ output: Int, _ ratio: Double = 0, seed: UInt64 = 1
  ) -> Workload {
    Workload(
      .random(
        prefixTokens: prefix, inputTokens: input, outputTokens: output, rangeRatio: ratio),
      count: 2000, seed: seed)
  }

  @Test func `random prompts have the length asked for and nothing in common`() throws {
    let workload = Self.random(0, 64, 9)
    let prompts = try (0..<50).map { try Self.tokens(workload.request($0)) }
    #expect(prompts.allSatisfy { $0.count == 64 } && Set(prompts.map(\.first)).count > 45)
    #expect(prompts.joined().allSatisfy { (1000..<30_000).contains($0) })
    #expect(workload.request(3).outputTokens == 9)
  }

  @Test func `random prompts share their prefix and nothing behind it`() throws {
    let workload = Self.random(100, 20, 1)
    let (one, other) = (
      try Self.tokens(workload.request(0)), try Self.tokens(workload.request(1999))
    )
    #expect(one.count == 120 && one.prefix(100) == other.prefix(100))
    #expect(one.suffix(20) != other.suffix(20))
    let elsewhere = try Self.tokens(Self.random(100, 20, 1, seed: 2).request(0))
    #expect(elsewhere.prefix(100) != one.prefix(100))
  }

  @Test func `lengths are spread evenly over their range`() {
    let workload = Self.random(7, 100, 40, 0.5)
    let requests = (0..<2000).map { workload.request($0) }
    let inputs = requests.map { $0.inputTokens - 7 }
    #expect(inputs.min() == 50 && inputs.max() == 150)
    #expect(abs(Double(inputs.reduce(0, +)) / 2000 - 100) < 3)
    #expect(requests.map(\.outputTokens).min() == 20 && requests.map(\.outputTokens).max() == 60)
  }

  @Test func `a request is made from its number and the seed alone`() {
    let (one, same) = (Self.random(3, 50, 50, 0.9), Self.random(3, 50, 50, 0.9))
    for number in [1999, -4, 0, 7] { #expect(one.request(number) == same.request(number)) }
    #expect(one.request(-1).pieces != one.request(0).pieces)
  }

  @Test func `prefixes are used in turn`() throws {
    let workload = Workload(
      .prefixRepetition(prefixes: 3, prefixTokens: 10, suffixTokens: 5, outputTokens: 4),
      count: 9, seed: 1)
    let starts = try (0..<9).map { try Array(Self.tokens(workload.request($0)).prefix(10)) }
    #expect(Set(starts).count == 3 && starts[0] == starts[3] && starts[2] == starts[8])
    #expect(Set(try (0..<9).map { try Self.tokens(workload.request($0)) }).count == 9)
  }

  @Test func `prompts of a trace share what their blocks share, the last one in part`() throws {
    let requests = [
      (1200, [0, 1, 2]), (1100, [0, 1, 9]), (1536, [0, 4, 2]), (600, []), (2000, [0]), (0, []),
    ].map { tokens, blocks in
      TraceRequest(offset: .zero, inputTokens: tokens, outputTokens: 0, blocks: blocks)
    }
    let workload = Workload(.trace(requests, blockTokens: 512), count: .max, seed: 1)
    #expect(workload.count == 6)
    let prompts = try (0..<6).map { try Self.tokens(workload.request($0)) }
    #expect(prompts.map(\.count) == [1200, 1100, 1536, 600, 2000, 1])
    func shared(_ one: Int, _ other: Int) -> Int {
      zip(prompts[one], prompts[other]).prefix { $0 == $1 }.count
    }
    #expect(shared(0, 1) == 1024 && shared(0, 2) == 512 && shared(0, 4) == 512)
    #expect(shared(0, 3) == 0)
    // Block 2 is the same wherever it stands, as far as it goes.
    #expect(prompts[0][1024..<1200] == prompts[2][1024..<1200])
    #expect(workload.request(0).outputTokens == 1)
  }

  @Test func `words are as many as tokens`() {
    var buffer = ByteBuffer()
    PromptForm.words.append(Self.random(5, 30, 1).request(0).pieces, to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text.first == "\"" && text.last == "\"")
    #expect(text.dropFirst().dropLast().split(separator: " ").count == 35)
  }

  @Test func `a body has what the flags ask for, and the user's members last`() throws {
    var shape = RequestShape()
    shape.model = "a \"model\""
    shape.ignoresEnd = true
    shape.extraMembers = try #require(RequestShape.members(of: " {\"temperature\": 0} "))
    let request = Self.random(0, 4, 11).request(0)
    for endpoint in [RequestShape.Endpoint.completions, .chat] {
      shape.endpoint = endpoint
      shape.form = endpoint == .chat ? .words : .tokens
      var body = ByteBuffer()
      shape.appendBody(of: request, to: &body)
      let object = try JSONValue(validating: body.bytes)
      #expect(object["model"]?.string == "a \"model\"")
      #expect(object["stream"]?.bool == true && object["ignore_eos"]?.bool == true)
      #expect(object["stream_options"]?["include_usage"]?.bool == true)
      #expect(Array(object.members.map(\.name)).last == "temperature")
      switch endpoint {
      case .completions:
        #expect(object["max_tokens"]?.integer == 11)
        #expect(object["prompt"].map { Array($0.elements).count } == 4)
      case .chat:
        #expect(object["max_completion_tokens"]?.integer == 11)
        let words = object["messages"]?[0]?["content"]?.string
        #expect(words?.split(separator: " ").count == 4)
      }
    }
  }

  @Test(arguments: [("{}", ""), (" { \"a\" : 1 }", " \"a\" : 1 "), ("[1]", nil), ("{", nil)])
  func `only the members of an object are added to bodies`(_ text: String, _ members: String?) {
    #expect(RequestShape.members(of: text) == members)
  }

  @Test func `a head has length, key and the request's own name`() {
    var shape = RequestShape()
    shape.host = "h:1"
    shape.path = "/x/v1/completions"
    shape.fields = [("Authorization", "Bearer k")]
    shape.requestIDPrefix = "run-"
    var head = ByteBuffer()
    shape.appendHead(of: 12, bodyBytes: 34, to: &head)
    let lines = String(decoding: head.bytes, as: UTF8.self).split(separator: "\r\n")
    #expect(lines.first == "POST /x/v1/completions HTTP/1.1")
    for line in [
      "Host: h:1", "Authorization: Bearer k", "X-Request-Id: run-12", "Content-Length: 34",
    ] { #expect(lines.contains { $0 == line }) }
  }
}
