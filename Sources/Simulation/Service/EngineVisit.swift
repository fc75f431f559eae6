package import PDRouter
internal import Vocabulary
internal import Wire

/// A request as it reached an engine's port, before anything was made of it.
package struct EngineVisit: Sendable {
  /// One header field as it came.
  package struct Field: Equatable, Sendable {
    /// The name in lower case.
    package let name: String
    /// The value without the white space around it.
    package let value: String
  }

  /// The method as spelt.
  package let method: String
  /// Path and query.
  package let target: String
  /// The fields in order.
  package let fields: [Field]
  /// The body, without its framing.
  package let body: [UInt8]

  /// Copies what an exchange has received.
  package init(_ exchange: Exchange) {
    let base = exchange.headBytes.bytes
    method = String(decoding: exchange.head.methodName.of(base), as: UTF8.self)
    target = String(decoding: exchange.head.target.of(base), as: UTF8.self)
    var fields: [Field] = []
    for place in 0..<exchange.head.fields.count {
      let field = exchange.head.fields[place]
      fields.append(
        Field(
          name: String(decoding: field.name.of(base), as: UTF8.self).lowercased(),
          value: String(decoding: field.value.of(base), as: UTF8.self)))
    }
    self.fields = fields
    body = Array(exchange.body.bytes)
  }

  /// The body as text.
  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The value of the first field of this name (in lower case).
  package func field(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }
}
