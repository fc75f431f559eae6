import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct MooncakeConnectorTests {
  private static let ask =
    #""kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"#
    + #""transfer_id":"xfer-\#(uuid)"}"#
  private let connector = MooncakeConnector()

  private func pair() -> KVHandOver {
    handOver {
      $0.prefill.identity = identity(
        "e-1",
        members: #""remote_engine_id":"e-1","remote_bootstrap_addr":"http://10.0.0.1:8998""#)
    }
  }

  @Test(
    arguments: [
      (
        .completions, #"{"prompt":"a","stream":true,"stream_options":{},"n":1}"#,
        #"{"prompt":"a","stream":false,"n":1,"max_tokens":1,"min_tokens":1,ASK}"#
      ),
      (
        .chat, #"{"messages":[],"max_completion_tokens":9}"#,
        #"{"messages":[],"max_completion_tokens":1,"max_tokens":1,"min_tokens":1,"#
          + #""stream":false,ASK}"#
      ),
      (
        .chat, #"{"kv_transfer_params":{"remote_bootstrap_addr":"http://evil"},"a":1}"#,
        #"{ASK,"a":1,"max_tokens":1,"min_tokens":1,"stream":false}"#
      ),
      (
        .responses, #"{"input":"a","stop_token_ids":[7],"b":1}"#,
        #"{"input":"a","b":1,"max_output_tokens":1,"ignore_eos":true,"stream":false,ASK}"#
      ),
      (
        .tokensInOut, #"{"token_ids":[1],"sampling_params":{"n":2}}"#,
        #"{"token_ids":[1],"sampling_params":{"n":1,"max_tokens":1,"min_tokens":1},"#
          + #""stream":false,ASK}"#
      ),
    ] as [(BodyShape, String, String)])
  func `the prefill body asks for one token and a transfer by name, and differs in nothing else`(
    shape: BodyShape, body: String, expected: String
  ) throws {
    let expected = expected.replacing("ASK", with: Self.ask)
    #expect(try connector.prefillBody(shape, body, pair()) == expected)
  }

  @Test func `decode is told whom to ask for the transfer of the same name`() throws {
    let parameters = connector.parameters(of: pair())
    let expected =
      #"{"do_remote_decode":false,"do_remote_prefill":true,"remote_engine_id":"e-1","#
      + #""remote_bootstrap_addr":"http://10.0.0.1:8998","transfer_id":"xfer-\#(uuid)"}"#
    #expect(parameters == expected)
    #expect(
      try connector.decodeBody(#"{"a":1,"kv_transfer_params":{"x":2}}"#, parameters)
        == #"{"a":1,"kv_transfer_params":\#(expected)}"#)
    #expect(try connector.decodeBody(#"{"a":1,"kv_transfer_params":{"x":2}}"#, "") == #"{"a":1}"#)
  }

  @Test func `a pair hands over only once the prefill engine is known`() {
    #expect(!connector.canHandOver(handOver()))
    #expect(connector.canHandOver(pair()))
    #expect(connector.order(of: pair()) == .inTurn)
    #expect(MooncakeConnector(legsLeaveTogether: true).order(of: pair()) == .together)
    #expect(connector.requestID(of: pair()).isEmpty)
    #expect(!connector.pairsByRequestID && connector.decodeCanPrefill)
    #expect(!connector.abortsWhileWaiting("{}"))
    #expect(connector.releaseMeans(of: connector.parameters(of: pair())) == .rejection)
  }

  @Test func `two hand-overs have two names`() {
    var other = pair()
    other.number.low += 1
    #expect(connector.parameters(of: other) != connector.parameters(of: pair()))
  }

  @Test(arguments: [
    #"{"usage":{"prompt_tokens":5},"kv_transfer_params":null}"#, #"{"usage":{"prompt_tokens":5}}"#,
    #"{"usage":{"prompt_tokens":5},"kv_transfer_params":{"do_remote_prefill":true}}"#,
  ])
  func `prefill's answer brings no handle, only the length of the prompt`(text: String) throws {
    let answer = try connector.read(text)
    #expect(answer.parameters == nil && answer.absence == .notGiven)
    #expect(answer.promptTokens == TokenCount(5))
  }

  @Test(arguments: ["", "[]", "{", "{}x"])
  func `an answer that is no JSON object is an error`(text: String) {
    #expect(throws: JSONError.self) { try connector.read(text) }
  }
}
