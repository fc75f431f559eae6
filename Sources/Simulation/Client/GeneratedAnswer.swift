internal import JSONFields
internal import Vocabulary

/// What an engine generated, as a client reads it out of a whole answer or a stream: equal for
/// equal work, however it was delivered, since ids, times and cache figures are left out.
package struct GeneratedAnswer: Equatable, Sendable {
  /// The text of each choice.
  package private(set) var texts: [String] = []
  /// Why each choice ended; nil where it has not.
  package private(set) var finishReasons: [String?] = []
  /// The message of the error told, if any.
  package private(set) var errorMessage: String?
  /// The `code` of that error, or its `type` where the code is a number.
  package private(set) var errorCode: String?

  /// Nothing yet.
  package init() {}

  /// Reads `answer`; what is no JSON object of the known shapes adds nothing.
  package init(_ answer: ReceivedAnswer) {
    guard answer.isEventStream else {
      take(answer.text)
      return
    }
    for event in answer.events where event != "[DONE]" { take(event) }
  }

  /// Whether every choice came to its end and no error was told.
  package var isComplete: Bool {
    errorMessage == nil && !finishReasons.isEmpty && finishReasons.allSatisfy { $0 != nil }
  }

  private mutating func take(_ text: String) {
    var bytes = ByteBuffer()
    bytes.append(text)
    guard let value = try? JSONValue(validating: bytes.bytes) else { return }
    if let error = value["error"] {
      errorMessage = error["message"]?.string ?? ""
      errorCode = error["code"]?.string ?? error["type"]?.string
    }
    guard let choices = value["choices"] else { return }
    for choice in choices.elements { take(choice) }
  }

  private mutating func take(_ choice: JSONValue) {
    let index = choice["index"]?.integer ?? 0
    precondition((0..<4096).contains(index), "an engine numbers its choices from 0")
    while texts.count <= index {
      texts.append("")
      finishReasons.append(nil)
    }
    let text =
      choice["text"] ?? choice["delta"]?["content"] ?? choice["message"]?["content"]
    texts[index] += text?.string ?? ""
    if let reason = choice["finish_reason"]?.string { finishReasons[index] = reason }
  }
}
