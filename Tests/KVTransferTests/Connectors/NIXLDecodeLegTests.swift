import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct NIXLDecodeLegTests {
  private static let handle =
    #"{ "do_remote_prefill":true,"remote_block_ids" : [[1,2],[ 3 ]],"new_member":{"é":"\u00e9"}}"#

  @Test(arguments: [
    (#"{"prompt":"a","stream":true}"#, #"{"prompt":"a","stream":true,"kv_transfer_params":H}"#),
    (#"{ }"#, #"{ "kv_transfer_params":H}"#),
    (#"{"kv_transfer_params":{"remote_host":"x"},"n":1}"#, #"{"kv_transfer_params":H,"n":1}"#),
    (#"{"kv_transfer_params":null}"#, #"{"kv_transfer_params":H}"#),
    (#"{"kv_tr\u0061nsfer_params":[],"a":1}"#, #"{"kv_tr\u0061nsfer_params":H,"a":1}"#),
    (
      #"{"kv_transfer_params":1,"a":[1, 2],"kv_transfer_params":2}"#,
      #"{"a":[1, 2],"kv_transfer_params":H}"#
    ),
    (
      #"{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}"#,
      #"{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true},"#
        + #""kv_transfer_params":H}"#
    ),
  ])
  func `the decode body is the client's with the handle byte for byte`(
    body: String, expected: String
  ) throws {
    let expected = expected.replacing("H", with: Self.handle)
    #expect(try NIXLConnector().decodeBody(body, Self.handle) == expected)
  }

  @Test(arguments: [
    (#"{"prompt":"a"}"#, #"{"prompt":"a"}"#),
    (#"{"kv_transfer_params":{"remote_host":"x"},"n":1}"#, #"{"n":1}"#),
    (#"{"n":1,"kv_transfer_params":{"remote_host":"x"}}"#, #"{"n":1}"#),
    (#"{"kv_transfer_params":{"remote_host":"x"}}"#, #"{}"#),
    (#"{"kv_transfer_param\u0073":{"a":1},"n":1,"kv_transfer_params":null}"#, #"{"n":1}"#),
  ])
  func `without a handle a client's own parameters never reach an engine`(
    body: String, expected: String
  ) throws {
    #expect(try NIXLConnector().decodeBody(body, "") == expected)
    #expect(try edited(body) { _, _, edits in edits.planWholeLeg() } == expected)
  }
}
