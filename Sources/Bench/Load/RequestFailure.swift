/// Why a request has no whole answer.
package struct RequestFailure: Equatable, Sendable {
  /// What all failures of this kind have in common, in a few words.
  package let kind: String
  /// What was said in this case; may be empty.
  package let detail: String

  /// A failure in words.
  package init(kind: String, detail: String = "") {
    self.kind = kind
    self.detail = detail
  }

  /// Kind and detail.
  package var text: String { detail.isEmpty ? kind : "\(kind): \(detail)" }

  /// An answer of another status than 200.
  static func status(_ status: Int, body: UnsafeRawBufferPointer) -> RequestFailure {
    RequestFailure(kind: "HTTP \(status)", detail: AnswerChunk.message(ofBody: body))
  }
}
