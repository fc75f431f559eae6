internal import Vocabulary
package import Wire

/// One HTTP/1.1 answer as a client received it, its framing undone; interim answers are passed
/// over.
///
/// A value, read from recorded bytes after the fact; for checks, not for serving.
package struct ReceivedAnswer: Equatable, Sendable {
  /// One header field as it came.
  package struct Field: Equatable, Sendable {
    /// The name in lower case.
    package let name: String
    /// The value without the white space around it.
    package let value: String
  }

  /// The status.
  package let status: Int
  /// The fields in order.
  package let fields: [Field]
  /// The body, without its framing.
  package fileprivate(set) var body: [UInt8] = []
  /// Whether the body came to its end; false means that it was cut off or is still coming.
  package fileprivate(set) var isWhole = false

  /// The body as text.
  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The value of the first field of this name (in lower case).
  package func field(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// Whether the body is a stream of events.
  package var isEventStream: Bool {
    field("content-type")?.hasPrefix("text/event-stream") ?? false
  }

  /// The data of each complete event of a stream.
  package var events: [String] {
    guard isEventStream else { return [] }
    var pieces = text.split(separator: "\n\n", omittingEmptySubsequences: false)
    pieces.removeLast()
    return pieces.map { String($0.hasPrefix("data: ") ? $0.dropFirst(6) : $0) }
  }
}

extension ReceivedAnswer {
  /// The answers in `bytes`, all that came on one connection, to requests of one method.
  ///
  /// The last one may be unfinished. `hasEnded` says whether the connection has ended.
  ///
  /// - Throws: what is wrong with the bytes as HTTP.
  package static func read(
    _ bytes: [UInt8], hasEnded: Bool, method: HTTPMethod = .post
  ) throws(WireError) -> [ReceivedAnswer] {
    var answers: [ReceivedAnswer] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let (answer, length) = try first(in: Array(rest), hasEnded, method) else { break }
      rest = rest.dropFirst(length)
      if answer.status >= 200 { answers.append(answer) }
      if !answer.isWhole { break }
    }
    return answers
  }

  /// The first answer, as far as it came, and how many bytes are its own; nil without a whole head.
  private static func first(
    in bytes: [UInt8], _ hasEnded: Bool, _ method: HTTPMethod
  ) throws(WireError) -> (answer: ReceivedAnswer, length: Int)? {
    var parser = HTTP1ResponseParser(requestMethod: method)
    var head = ResponseHead()
    var buffer = ByteBuffer()
    bytes.withUnsafeBytes { buffer.append($0) }
    guard var offset = try parser.parse(buffer.bytes, into: &head) else { return nil }
    var answer = ReceivedAnswer(
      status: head.status, fields: readFields(head, base: buffer.bytes))
    var decoder = HTTP1BodyDecoder(framing: head.framing)
    while case .data(let range) = try decoder.next(buffer.bytes, &offset) {
      answer.body += bytes[range]
    }
    answer.isWhole = decoder.isComplete || hasEnded && decoder.isCompleteAtEnd
    return (answer, offset)
  }

  private static func readFields(
    _ head: borrowing ResponseHead, base: UnsafeRawBufferPointer
  ) -> [Field] {
    var fields: [Field] = []
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      fields.append(
        Field(
          name: String(decoding: field.name.of(base), as: UTF8.self).lowercased(),
          value: String(decoding: field.value.of(base), as: UTF8.self)))
    }
    return fields
  }
}
