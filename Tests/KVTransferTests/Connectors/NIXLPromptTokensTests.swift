import JSONFields
import KVTransfer
import Testing

struct NIXLPromptTokensTests {
  private static let handle =
    #"{"do_remote_prefill":true,"remote_block_ids":[[1]],"remote_engine_id":"e","#
    + #""remote_request_id":"r","remote_host":"h","remote_port":1 }"#

  private func answer(_ ids: String, _ handle: String = handle) -> String {
    #"{"usage":{"prompt_tokens":3},"prompt_token_ids":"# + ids + #","kv_transfer_params":"#
      + handle + "}"
  }

  @Test(arguments: ["[1]", "[128000,5,0,77]", "[ 1 ,\n\t2 ]", "[99999999999999999999]"])
  func `decode is given the token ids of prefill's answer, byte for byte`(ids: String) throws {
    let expected = Self.handle.dropLast() + #","prompt_token_ids":"# + ids + "}"
    #expect(try NIXLConnector().parameters(inAnswer: answer(ids)) == String(expected))
  }

  @Test(arguments: [
    "null", "[]", "[ ]", "{}", "5", "\"[1]\"", "[-1]", "[1.5]", "[1e3]", "[\"1\"]", "[[1]]",
    "[null]",
    "[1,true]",
  ])
  func `what is no list of token ids is left out`(ids: String) throws {
    #expect(try NIXLConnector().parameters(inAnswer: answer(ids)) == Self.handle)
    #expect(try NIXLConnector().read(answer(ids)).promptTokenIDs == nil)
  }

  @Test func `token ids that the engine put into the parameters itself are not doubled`() throws {
    let own = #"{"prompt_token_ids":[7],"# + Self.handle.dropFirst()
    #expect(try NIXLConnector().parameters(inAnswer: answer("[1]", own)) == own)
  }

  @Test func `token ids deeper in the answer are not taken`() throws {
    let text =
      #"{"choices":[{"prompt_token_ids":[1]}],"kv_transfer_params":"# + Self.handle + "}"
    #expect(try NIXLConnector().parameters(inAnswer: text) == Self.handle)
  }

  @Test func `token ids are left out when they are not shared`() throws {
    let connector = NIXLConnector(sharesPromptTokens: false)
    #expect(try connector.parameters(inAnswer: answer("[1]")) == Self.handle)
  }

  @Test func `token ids beyond the limit of parameters are left out`() throws {
    let ids = "[" + String(repeating: "1234567,", count: 4 * 1024 * 1024 / 8) + "1]"
    #expect(try NIXLConnector().parameters(inAnswer: answer(ids)) == Self.handle)
  }
}
