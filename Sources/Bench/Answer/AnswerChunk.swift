internal import Glibc
internal import JSONFields

/// What one event of a streamed answer, or a whole answer, says.
struct AnswerChunk: Equatable {
  /// What it means to whoever measures.
  enum Kind: Equatable {
    /// Something generated came.
    case token
    /// The engine says why it stopped, and nothing else.
    case finish
    /// `[DONE]`.
    case done
    /// The engine or a router says that the answer has failed.
    case error(String)
    /// A role, usage, or something unknown.
    case other
  }

  /// What it is.
  var kind: Kind
  /// The usage it tells.
  var usage: TokenUsage?
  /// The text it holds, where wanted.
  var text: String?

  /// The longest part of an error's text that is kept.
  private static let longestError = 300
  /// What generated things are called inside a choice's `delta` or `message`.
  private static let parts: [StaticString] = [
    "content", "reasoning_content", "reasoning", "tool_calls", "function_call", "refusal",
  ]

  /// Reads the data of an event. Most tokens are recognised by one search; with `wantsText`, or
  /// where the search finds nothing, the JSON is read.
  init(event data: UnsafeRawBufferPointer, wantsText: Bool) {
    if !wantsText, AnswerChunk.isPlainToken(data) {
      self.init(kind: .token)
    } else if data.elementsEqual("[DONE]".utf8) {
      self.init(kind: .done)
    } else {
      self.init(json: data, wantsText: wantsText)
    }
  }

  /// Reads a JSON text: an event's data, or an answer that came whole.
  init(json data: UnsafeRawBufferPointer, wantsText: Bool) {
    let object: JSONValue
    do throws(JSONError) {
      object = try JSONValue(validating: data)
    } catch {
      self.init(kind: .error("not JSON: " + AnswerChunk.excerpt(of: data)))
      return
    }
    if let error = AnswerChunk.errorText(object) {
      self.init(kind: .error(error))
      return
    }
    var kind = Kind.other
    var text: String?
    if let choices = object["choices"] {
      for choice in choices.elements {
        if AnswerChunk.holdsToken(choice) {
          kind = .token
          if wantsText { text = (text ?? "") + AnswerChunk.generatedText(of: choice) }
        } else if kind == .other, choice["finish_reason"]?.string != nil {
          kind = .finish
        }
      }
    }
    self.init(kind: kind, usage: object["usage"].flatMap { TokenUsage($0) }, text: text)
  }

  private init(kind: Kind, usage: TokenUsage? = nil, text: String? = nil) {
    self.kind = kind
    self.usage = usage
    self.text = text
  }

  /// The beginning of a text from outside, for messages: one line, printable.
  static func excerpt(of bytes: UnsafeRawBufferPointer) -> String {
    let text = String(decoding: bytes.prefix(longestError), as: UTF8.self)
    var line = ""
    for scalar in text.unicodeScalars {
      line.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return bytes.count > longestError ? line + "…" : line
  }

  /// Whether `data` holds `"content":"` or `"text":"` with something behind it, and no usage.
  ///
  /// A quotation mark that is not escaped cannot be inside a string, so what is found is a member.
  private static func isPlainToken(_ data: UnsafeRawBufferPointer) -> Bool {
    guard let base = data.baseAddress, data.count > 8 else { return false }
    var isToken = false
    for place in 0..<data.count &- 4 {
      let word = base.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      if word == 0x223A_2274 {  // t":"
        guard base.load(fromByteOffset: place &+ 4, as: UInt8.self) != UInt8(ascii: "\"") else {
          continue
        }
        isToken = isToken || ends(data, place, "\"conten") || ends(data, place, "\"tex")
      } else if word == 0x7B3A_2265, ends(data, place, "\"usag") {  // e":{
        return false
      }
    }
    return isToken
  }

  /// Whether the bytes before `place` are `mark`.
  private static func ends(
    _ data: UnsafeRawBufferPointer, _ place: Int, _ mark: StaticString
  ) -> Bool {
    let count = mark.utf8CodeUnitCount
    guard place >= count, let base = data.baseAddress else { return false }
    return memcmp(base + place - count, mark.utf8Start, count) == 0
  }

  private static func holdsToken(_ choice: JSONValue) -> Bool {
    if let text = choice["text"], !isEmpty(text) { return true }
    guard let body = choice["delta"] ?? choice["message"] else { return false }
    return parts.contains { name in body[name].map { !isEmpty($0) } ?? false }
  }

  private static func generatedText(of choice: JSONValue) -> String {
    if let text = choice["text"]?.string { return text }
    let body = choice["delta"] ?? choice["message"]
    return (body?["reasoning_content"]?.string ?? body?["reasoning"]?.string ?? "")
      + (body?["content"]?.string ?? "")
  }

  private static func text(of value: JSONValue) -> String {
    guard var text = value.string else { return excerpt(of: value.raw) }
    return text.withUTF8 { excerpt(of: UnsafeRawBufferPointer($0)) }
  }

  private static func isEmpty(_ value: JSONValue) -> Bool {
    switch value.kind {
    case .null: true
    case .string: value.raw.count == 2
    case .array: value.elements.first { _ in true } == nil
    default: false
    }
  }

  /// What the body of a refusal says: its message where it has one, else its beginning.
  static func message(ofBody body: UnsafeRawBufferPointer) -> String {
    guard let object = try? JSONValue(validating: body) else { return excerpt(of: body) }
    return errorText(object) ?? object["detail"]?.string ?? excerpt(of: body)
  }

  /// What went wrong, in OpenAI's form (`error.message`) and vLLM's older one.
  static func errorText(_ object: JSONValue) -> String? {
    if let error = object["error"], !error.isNull {
      return text(of: error["message"] ?? error)
    }
    guard object["object"]?.string == "error" else { return nil }
    return text(of: object["message"] ?? object)
  }
}
