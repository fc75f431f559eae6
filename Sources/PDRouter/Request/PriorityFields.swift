internal import JSONFields
internal import Wire

/// How urgent a client says its request is, in vLLM's sense: a whole number, lower goes first.
///
/// vLLM takes it from the body's `priority`, or else from the field `X-Vllm-Priority`; both reach
/// the engine as the client wrote them.
enum PriorityFields {
  /// The priority; 0, the ordinary one, where nothing is said or what is said is no such number.
  static func find(
    in head: borrowing RequestHead, base: UnsafeRawBufferPointer, fields: JSONFields,
    of body: UnsafeRawBufferPointer
  ) -> Int {
    if let span = fields[.priority] {
      return number(UnsafeRawBufferPointer(rebasing: body[span.range])) ?? 0
    }
    for place in 0..<head.fields.count {
      let field = head.fields[place]
      guard field.known == .other, Int(field.name.length) == 15,
        FieldText.starts(field.name.of(base), with: "x-vllm-priority")
      else { continue }
      return number(field.value.of(base)) ?? 0
    }
    return 0
  }

  private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
    guard text.count <= 20 else { return nil }
    return Int(String(decoding: text, as: UTF8.self))
  }
}
