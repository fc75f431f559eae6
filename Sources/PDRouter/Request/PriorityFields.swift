internal import JSONFields
internal import Wire

/// How urgent a client says its request is, in vLLM's sense: a whole number, lower goes first.
///
/// vLLM takes it from the field `X-Vllm-Priority`, or else from the body's `priority` (its server's
/// documentation); both reach the engine as the client wrote them. One that does not schedule by
/// priority refuses any but 0.
enum PriorityFields {
  /// The priority; 0, the ordinary one, where nothing is said or what is said is no such number.
  static func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer, fields: JSONFields,
    of body: UnsafeRawBufferPointer
  ) -> Int {
    if let field = head.fields.first(.xVLLMPriority) {
      return number(field.value.of(base)) ?? 0
    }
    guard let span = fields[.priority] else { return 0 }
    return number(UnsafeRawBufferPointer(rebasing: body[span.range])) ?? 0
  }

  private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
    guard text.count <= 20 else { return nil }
    return Int(String(decoding: text, as: UTF8.self))
  }
}
