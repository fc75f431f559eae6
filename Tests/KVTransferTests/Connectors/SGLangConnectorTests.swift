import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct SGLangConnectorTests {
  private let connector = SGLangConnector()
  private static let meeting =
    #""bootstrap_host":"10.0.0.1","bootstrap_port":8998,"bootstrap_room":2411339094602555,"#
    + #""rid":"\#(uuid)""#

  @Test(
    arguments: [
      (
        .chat, #"{"messages":[],"max_tokens":9,"stream":true,"stream_options":{"x":1},"n":1}"#,
        #"{"messages":[],"max_tokens":9,"stream":false,"n":1,MEET}"#
      ),
      (.generate, #"{"text":"a"}"#, #"{"text":"a","stream":false,MEET}"#),
      (
        .generate, #"{"input_ids":[[1],[2]],"sampling_params":{"max_new_tokens":8}}"#,
        #"{"input_ids":[[1],[2]],"sampling_params":{"max_new_tokens":8},"stream":false,MEET}"#
      ),
    ] as [(BodyShape, String, String)])
  func `the prefill body is the client's with the meeting place, and is not streamed`(
    shape: BodyShape, body: String, expected: String
  ) throws {
    let expected = expected.replacing("MEET", with: Self.meeting)
    #expect(try connector.prefillBody(shape, body) == expected)
  }

  @Test(arguments: [
    (
      #"{"messages":[],"stream":true,"stream_options":{"x":1}}"#,
      #"{"messages":[],"stream":true,"stream_options":{"x":1},MEET}"#
    ),
    (#"{}"#, #"{MEET}"#),
  ])
  func `the decode body is the client's with the same meeting place`(
    body: String, expected: String
  ) throws {
    let expected = expected.replacing("MEET", with: Self.meeting)
    #expect(try connector.decodeBody(body, connector.parameters(of: handOver())) == expected)
  }

  @Test func `a client's own meeting place and name are replaced on both legs`() throws {
    let body =
      #"{"rid":"r","bootstrap_room":[1,2],"bootstrap_host":"evil","a":1,"bootstrap_port":1}"#
    let expected =
      #"{"rid":"\#(uuid)","bootstrap_room":2411339094602555,"bootstrap_host":"10.0.0.1","#
      + #""a":1,"bootstrap_port":8998"#
    #expect(
      try connector.prefillBody(.chat, body.replacing("}", with: #","stream":true}"#))
        == expected + #","stream":false}"#)
    #expect(
      try connector.decodeBody(body, connector.parameters(of: handOver())) == expected + "}")
  }

  @Test func `without parameters a client's own meeting place never reaches an engine`() throws {
    let body = #"{"rid":"r","bootstrap_room":1,"bootstrap_host":"evil","bootstrap_port":1}"#
    #expect(try connector.decodeBody(body, "") == #"{"rid":"r"}"#)
  }

  @Test func `the parameters are the meeting place`() {
    #expect(connector.parameters(of: handOver()) == "{" + Self.meeting + "}")
    let named = handOver {
      $0.prefill.host = "fd00::1"
      $0.prefill.bootstrapPort = 9000
      $0.number = (0, .max)
    }
    #expect(
      connector.parameters(of: named)
        == #"{"bootstrap_host":"fd00::1","bootstrap_port":9000,"#
        + #""bootstrap_room":9223372032559808512,"rid":"00000000-0000-4000-bfff-ffffffffffff"}"#)
  }

  @Test func `legs leave together, any pair can, and decode can do nothing alone`() {
    #expect(connector.order(of: handOver()) == .together)
    #expect(connector.canHandOver(handOver()))
    #expect(!connector.decodeCanPrefill && connector.abortsWhileWaiting("{}"))
    #expect(!connector.pairsByRequestID && connector.requestID(of: handOver()).isEmpty)
    #expect(connector.releaseMeans(of: connector.parameters(of: handOver())) == .abortRequest)
  }

  @Test(arguments: [
    (#"{"usage":{"prompt_tokens":7}}"#, TokenCount(7)),
    (#"{"meta_info":{"prompt_tokens":8}}"#, TokenCount(8)),
    (#"[{"meta_info":{"prompt_tokens":8}}]"#, nil), ("{}", nil),
  ])
  func `prefill's answer brings no handle, and may be a list`(
    text: String, tokens: TokenCount?
  ) throws {
    let answer = try connector.read(text)
    #expect(answer.parameters == nil && answer.absence == .notGiven)
    #expect(answer.promptTokens == tokens)
  }

  @Test(arguments: ["", "5", "null", "\"x\"", "{", "[1,]", "data: {}"])
  func `an answer that is no JSON document is an error`(text: String) {
    #expect(throws: JSONError.self) { try connector.read(text) }
  }
}
