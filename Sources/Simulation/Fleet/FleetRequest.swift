internal import JSONFields
internal import Vocabulary

/// One request of a fleet's client, as bytes and as something to look answers up by.
package struct FleetRequest: Hashable, Sendable {
  /// One header field.
  package struct Field: Hashable, Sendable {
    /// The name as it is sent.
    package let name: String
    /// The value.
    package let value: String

    /// A field from its parts.
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The method as spelt.
  package var method = "POST"
  /// Path and query.
  package var target: String
  /// Fields besides Host and framing.
  package var fields: [Field] = []
  /// The body; nil sends none.
  package var body: String?
  /// Whether the connection stays open for another request.
  package var keepsAlive = false

  /// A request from its parts.
  package init(_ method: String = "POST", _ target: String, body: String? = nil) {
    self.method = method
    self.target = target
    self.body = body
  }

  /// A chat of one user message; `extra` are further members (`,"n":2`).
  package static func chat(
    _ prompt: String, maxTokens: Int = 8, streams: Bool = false, extra: String = ""
  ) -> FleetRequest {
    FleetRequest(
      "POST", "/v1/chat/completions",
      body: """
        {"model":"tiny","messages":[{"role":"user","content":"\(prompt)"}],\
        "max_tokens":\(maxTokens),"stream":\(streams)\(extra)}
        """)
  }

  /// A completion of one prompt; `extra` are further members.
  package static func completion(
    _ prompt: String, maxTokens: Int = 8, streams: Bool = false, extra: String = ""
  ) -> FleetRequest {
    FleetRequest(
      "POST", "/v1/completions",
      body: """
        {"model":"tiny","prompt":"\(prompt)","max_tokens":\(maxTokens),"stream":\(streams)\(extra)}
        """)
  }

  /// The same request with one more field.
  package func with(_ name: String, _ value: String) -> FleetRequest {
    var changed = self
    changed.fields.append(Field(name, value))
    return changed
  }

  /// The request as it goes over the wire, for `host`, carrying `id` unless nil.
  package func bytes(host: String, id: String?) -> [UInt8] {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
    if let id { text += "X-Request-Id: \(id)\r\n" }
    for field in fields { text += "\(field.name): \(field.value)\r\n" }
    if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
    if !keepsAlive { text += "Connection: close\r\n" }
    return Array("\(text)\r\n\(body ?? "")".utf8)
  }
}
