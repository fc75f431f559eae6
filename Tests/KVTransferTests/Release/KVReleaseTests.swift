import JSONFields
import KVTransfer
import Testing
import Vocabulary

struct KVReleaseTests {
  private static let handle = #"{"do_remote_prefill":true,"remote_block_ids":[[1]],"é":{"a":1 }}"#

  private func body(
    _ means: KVReleaseMeans, _ parameters: String = handle, model: String = #""m\u00e9""#,
    chat: Bool = false
  ) throws -> String {
    var target = ByteBuffer()
    target.append("before")
    withBytes(of: parameters) { parameters in
      withBytes(of: model) {
        KVRelease.appendBody(
          means: means, parameters: parameters, model: $0,
          number: (0x0123_4567_89AB_CDEF, 0x0011_2233_4455_6677), chat: chat, to: &target)
      }
    }
    target.removeFirst("before".utf8.count)
    _ = try JSONFields(validating: target.bytes)
    return target.text
  }

  @Test func `a rejection asks for a model that no engine has`() throws {
    let start = #"{"model":"__release__\#(uuidDigits)","#
    let end = #","max_tokens":1,"kv_transfer_params":\#(Self.handle)}"#
    #expect(try body(.rejection) == start + #""prompt":[0]"# + end)
    #expect(
      try body(.rejection, chat: true)
        == start + #""messages":[{"role":"user","content":"0"}]"# + end)
  }

  @Test func `an attachment asks the real model for one token`() throws {
    let end = #","max_tokens":1,"kv_transfer_params":\#(Self.handle)}"#
    #expect(try body(.attachment) == #"{"model":"m\u00e9","prompt":[0]"# + end)
    #expect(
      try body(.attachment, chat: true)
        == #"{"model":"m\u00e9","messages":[{"role":"user","content":"0"}]"# + end)
    #expect(try body(.attachment, model: "") == #"{"prompt":[0]"# + end)
  }

  @Test func `an abort names the request`() throws {
    let parameters = #"{"bootstrap_host":"h","bootstrap_room":1,"rid":"r-1"}"#
    #expect(try body(.abortRequest, parameters) == #"{"rid":"r-1"}"#)
    var made = ByteBuffer()
    SGLangConnector().appendParameters(of: handOver(), to: &made)
    #expect(try body(.abortRequest, made.text) == #"{"rid":"\#(uuid)"}"#)
  }

  @Test(arguments: [false, true])
  func `the prompt's token ids are not sent along`(chat: Bool) throws {
    let long = Self.handle.dropLast() + #","prompt_token_ids":[1,2,3]}"#
    for means in [KVReleaseMeans.rejection, .attachment] {
      #expect(try body(means, String(long), chat: chat) == body(means, chat: chat))
    }
  }

  @Test func `parameters with more repeated names than edits take go as they are`() throws {
    let many = "{" + String(repeating: #""n":1,"#, count: 300) + #""prompt_token_ids":[1]}"#
    #expect(throws: JSONError.self) {
      try withBytes(of: many) { _ = try JSONFields(validating: $0) }
    }
    var target = ByteBuffer()
    withBytes(of: many) {
      KVRelease.appendBody(
        means: .rejection, parameters: $0, model: UnsafeRawBufferPointer(start: nil, count: 0),
        number: (0, 0), chat: false, to: &target)
    }
    #expect(target.text.hasSuffix(#""kv_transfer_params":"# + many + "}"))
  }

  @Test func `a request goes to the endpoint its means need`() {
    let rows: [(KVReleaseMeans, Bool, String)] = [
      (.rejection, false, "/v1/completions"), (.rejection, true, "/v1/chat/completions"),
      (.attachment, false, "/v1/completions"), (.attachment, true, "/v1/chat/completions"),
      (.abortRequest, false, "/abort_request"), (.abortRequest, true, "/abort_request"),
    ]
    for (means, chat, path) in rows {
      #expect("\(KVRelease.path(means: means, chat: chat))" == path)
    }
  }
}
