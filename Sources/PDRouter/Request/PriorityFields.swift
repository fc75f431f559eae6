internal import JSONFields
internal import Vocabulary
internal import Wire

/// How urgent a client says its request is, in vLLM's sense: a whole number, lower goes first.
///
/// vLLM takes it from the field `X-Vllm-Priority`, or else from the body's `priority` (its server's
/// documentation); both reach the engine as the client wrote them. One that does not schedule by
/// priority refuses any but 0.
enum PriorityFields {
  /// The priority; 0, the ordinary one, where nothing is said or what is said is no such number.
  static func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer, fields: JSONFields?,
    of body: UnsafeRawBufferPointer
  ) -> Int {
    if let field = head.fields.first(.xVLLMPriority) {
      return number(field.value.of(base)) ?? 0
    }
    guard let span = fields?[.priority] else { return 0 }
    return number(UnsafeRawBufferPointer(rebasing: body[span.range])) ?? 0
  }

  private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
    guard text.count <= 20 else { return nil }
    return Int(String(decoding: text, as: UTF8.self))
  }
}

extension Request {
  /// How urgent a request is that waits to be let in.
  ///
  /// Reads the body, which is read once more when the request is let in: what waits has time.
  ///
  /// - Throws: what its client is to be told if the body is not what the route takes.
  static func priority(of exchange: Exchange, _ endpoint: Endpoint) throws(RouterError) -> Int {
    let body = exchange.body.bytes
    do throws(JSONError) {
      let fields = endpoint.readsBody ? try JSONFields(validating: body) : nil
      return PriorityFields.find(
        in: exchange.head, base: exchange.headBytes.bytes, fields: fields, of: body)
    } catch {
      throw Request.notJSON(error)
    }
  }
}
