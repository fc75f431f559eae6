package import Vocabulary
package import Wire

/// What an `HTTP2Client` has got for one request.
package struct HTTP2ClientAnswer {
  /// Whether the request was sent to its end.
  package internal(set) var isAsked = false
  /// Interim statuses, in order.
  package internal(set) var interims: [Int] = []
  /// The status; 0 before the head.
  package internal(set) var status = 0
  /// The fields, in order, names in lower case.
  package internal(set) var fields: [(name: String, value: String)] = []
  /// The body so far.
  package internal(set) var body: [UInt8] = []
  /// The lines of the fields after it.
  package internal(set) var trailers: String?
  /// Whether the server ended the answer, as opposed to its stream.
  package internal(set) var isComplete = false
  /// What was wrong with the head, if anything was.
  package internal(set) var headError: WireError?
  /// How the stream was closed.
  package internal(set) var code: HTTP2ErrorCode?
  /// Whether the connection went before the stream was closed.
  package internal(set) var isLost = false
  /// When the head came, and when the stream was over.
  package internal(set) var headAt: Instant?
  package internal(set) var endedAt: Instant?
  /// Body bytes that were not given back to the window.
  var heldByteCount = 0

  /// The body as text.
  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The value of the first field called `name`.
  package subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

extension ReceivedAnswer {
  /// The same answer as one of HTTP/1.1 is read.
  package init(_ answer: HTTP2ClientAnswer) {
    self.init(
      status: answer.status,
      fields: answer.fields.map { Field(name: $0.name, value: $0.value) },
      body: answer.body, isWhole: answer.isComplete)
  }
}
