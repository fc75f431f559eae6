internal import JSONFields

/// Validating a chat body and noting its fields, and planning one prefill leg's edits on it.
///
/// `bytes` is the body's length; `run` repeats the work on one body that stays in the caches.
func jsonFieldsBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  let bodies = [
    ("0.5 KB chat, ASCII", chatBody(byteCount: 512, words: asciiWords)),
    ("8 KB chat, ASCII", chatBody(byteCount: 8 * 1024, words: asciiWords)),
    ("128 KB chat, ASCII", chatBody(byteCount: 128 * 1024, words: asciiWords)),
    ("128 KB chat, 30 % non-ASCII", chatBody(byteCount: 128 * 1024, words: mixedWords)),
    ("128 KB chat, CJK", chatBody(byteCount: 128 * 1024, words: cjkWords)),
    ("128 KB token ids", tokenBody(byteCount: 128 * 1024)),
  ]
  let scans = bodies.map { name, body in
    (name: "JSONFields: \(name)", bytes: body.count, run: { scan(body, iterations: $0) })
  }
  let body = bodies[1].1
  return scans + [
    (name: "BodyEdits: 8 edits of 8 KB", bytes: body.count, run: { edit(body, iterations: $0) })
  ]
}

private let asciiWords = [
  "the", "router", "sends", "every", "request", "to", "one", "of", "many", "engines;", "it",
  "\\\"waits\\\"",
  "for", "tokens,", "and", "writes", "them", "back.\\n", "Nothing", "else", "happens", "here",
  "(mostly)",
]
private let mixedWords = [
  "größer", "schöner", "the", "Überraschung", "été", "привет", "мир", "of", "déjà", "vu", "naïve",
  "a",
  "Straße", "engine", "дом", "señor", "\\n", "and", "coração", "request",
]
private let cjkWords = ["日本語の文章", "です。", "東京都", "ルーター", "を使う", "中文", "分词", "한국어"]

/// A chat body of about `byteCount` bytes: turns of some 600 bytes each, made of `words`.
private func chatBody(byteCount: Int, words: [String]) -> [UInt8] {
  var text = "{\"model\":\"meta-llama/Llama-3.1-8B-Instruct\",\"messages\":["
  var word = 0
  var turn = 0
  repeat {
    if turn > 0 { text += "," }
    text += "{\"role\":\"\(turn % 2 == 0 ? "user" : "assistant")\",\"content\":\""
    let end = min(text.utf8.count + 600, byteCount - 130)
    repeat {
      text += words[word % words.count] + " "
      word += 7
    } while text.utf8.count < end
    text += "\"}"
    turn += 1
  } while text.utf8.count < byteCount - 130
  text += "],\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":256,"
  return Array((text + "\"temperature\":0.7,\"top_p\":0.95}").utf8)
}

private func tokenBody(byteCount: Int) -> [UInt8] {
  var text = "{\"model\":\"m\",\"prompt\":[1"
  var token = 1
  while text.utf8.count < byteCount {
    token = token &* 48271 % 128_000
    text += ",\(token)"
  }
  return Array((text + "],\"max_tokens\":1}").utf8)
}

/// As a connection does with one request after the other: in the memory of the one before.
private func scan(_ body: [UInt8], iterations: Int) {
  body.withUnsafeBytes { bytes in
    var spare: JSONFields? = validated(bytes)
    for _ in 0..<iterations {
      guard let old = spare.take() else { preconditionFailure("nothing to reuse") }
      let fields = validated(bytes, reusing: consume old)
      precondition(fields[.model] != nil)
      spare = fields
    }
  }
}

private func edit(_ body: [UInt8], iterations: Int) {
  body.withUnsafeBytes { bytes in
    let fields = validated(bytes)
    var edits = BodyEdits()
    var edited = EditedBody()
    for _ in 0..<iterations {
      edits.set(.maxTokens, toInteger: 1)
      edits.setIfPresent(.maxCompletionTokens, toInteger: 1)
      edits.set(.minTokens, toInteger: 1)
      edits.set(.n, toInteger: 1)
      edits.set(.stream, to: "false")
      edits.remove(.streamOptions)
      edits.remove(.bestOf)
      edits.set(
        .kvTransferParams, to: "{\"do_remote_decode\":true,\"do_remote_prefill\":false}")
      edits.apply(to: fields, of: bytes, into: &edited)
      precondition(edited.count > bytes.count)
    }
  }
}

private func validated(_ bytes: UnsafeRawBufferPointer) -> JSONFields {
  do {
    return try JSONFields(validating: bytes)
  } catch {
    preconditionFailure("the benchmark's own body is invalid: \(error)")
  }
}

private func validated(
  _ bytes: UnsafeRawBufferPointer, reusing old: consuming JSONFields
) -> JSONFields {
  do {
    return try JSONFields(validating: bytes, reusing: old)
  } catch {
    preconditionFailure("the benchmark's own body is invalid: \(error)")
  }
}
