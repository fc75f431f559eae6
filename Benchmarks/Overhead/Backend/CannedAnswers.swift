internal import Vocabulary
internal import Wire

/// Every answer of a backend, ready to be written; made once.
///
/// Whole messages, heads included, with the fields that uvicorn sends. Owned by one thread.
final class CannedAnswers {
  /// A whole chat answer.
  let whole: [UInt8]
  /// A prefill answer with the parameters of vLLM's NIXL connector.
  let prefill: [UInt8]
  /// An answer to anything that is not a POST.
  let list: [UInt8]
  /// The head of a stream.
  let streamHead: [UInt8]
  /// One event in its HTTP chunk.
  let event: [UInt8]
  /// The last event and the end of the body.
  let streamEnd: [UInt8]

  /// Answers whose bodies (and events) have about this many bytes, at least what JSON needs.
  init(answerBytes: Int, eventBytes: Int) {
    let identity =
      #"{"id":"chatcmpl-0123456789abcdef","object":"chat.completion","created":1700000000,"#
      + #""model":"tiny","choices":[{"index":0,"message":{"role":"assistant","content":""#
    let usage =
      #"}],"usage":{"prompt_tokens":100,"total_tokens":164,"completion_tokens":64}"#
    let finish = #""},"logprobs":null,"finish_reason":"stop""# + usage
    whole = CannedAnswers.answer(
      CannedAnswers.padded(identity, finish + "}", to: answerBytes))
    prefill = CannedAnswers.answer(
      identity + "x" + finish
        + #","kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,"#
        + #""remote_block_ids":[[1,2,3,4,5,6,7]],"#
        + #""remote_engine_id":"00000000-0000-4000-8000-000000000001","#
        + #""remote_request_id":"chatcmpl-0123","remote_host":"127.0.0.1","#
        + #""remote_port":5600,"tp_size":1}}"#)
    list = CannedAnswers.answer(
      #"{"object":"list","data":[{"id":"tiny","object":"model","created":1700000000,"#
        + #""owned_by":"vllm","max_model_len":131072}]}"#)
    streamHead = Array(
      (CannedAnswers.headStart + "content-type: text/event-stream; charset=utf-8\r\n"
        + "transfer-encoding: chunked\r\n\r\n").utf8)
    let event = CannedAnswers.padded(
      #"data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","#
        + #""created":1700000000,"model":"tiny","choices":[{"index":0,"delta":{"content":""#,
      #""},"logprobs":null,"finish_reason":null}]}"# + "\n\n", to: eventBytes)
    self.event = CannedAnswers.chunk(event)
    streamEnd = CannedAnswers.chunk("data: [DONE]\n\n") + Array("0\r\n\r\n".utf8)
  }

  private static let headStart =
    "HTTP/1.1 200 OK\r\ndate: Sat, 01 Jan 2022 00:00:00 GMT\r\nserver: uvicorn\r\n"

  private static func answer(_ body: String) -> [UInt8] {
    Array(
      (headStart + "content-length: \(body.utf8.count)\r\n"
        + "content-type: application/json\r\n\r\n" + body).utf8)
  }

  private static func chunk(_ data: String) -> [UInt8] {
    Array((String(data.utf8.count, radix: 16) + "\r\n" + data + "\r\n").utf8)
  }

  private static func padded(_ start: String, _ end: String, to size: Int) -> String {
    let missing = max(1, size - start.utf8.count - end.utf8.count)
    return start + String(repeating: "x", count: missing) + end
  }
}
