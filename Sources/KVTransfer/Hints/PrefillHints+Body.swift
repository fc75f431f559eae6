public import JSONFields
public import Vocabulary

extension PrefillHints {
  /// Plans the hints as members `pd_prefill_…` of the body's `vllm_xargs`, for engines whose
  /// extensions see the body and not the head.
  ///
  /// A client's own members stay as they are, ours come after them. Does nothing for a body whose
  /// `vllm_xargs` is not an object (the engine refuses it) and for shapes that have none. `scratch`
  /// is overwritten; it is the caller's so that a warm leg allocates nothing.
  public func plan(
    of body: UnsafeRawBufferPointer,
    fields: borrowing JSONFields,
    shape: BodyShape,
    scratch: inout ByteBuffer,
    into edits: inout BodyEdits
  ) {
    guard shape != .tokensInOut, shape != .generate else { return }
    scratch.removeAll()
    if let span = fields[.vllmXargs], span.kind != .null {
      guard span.kind == .object else { return }
      scratch.append(UnsafeRawBufferPointer(rebasing: body[span.range.dropLast()]))
      if !PrefillHints.endsInBrace(scratch.bytes) { scratch.append(UInt8(ascii: ",")) }
    } else {
      scratch.append(UInt8(ascii: "{"))
    }
    appendMembers(to: &scratch)
    scratch.append(UInt8(ascii: "}"))
    edits.set(.vllmXargs, toRaw: scratch.bytes)
  }

  /// Whether `object`, which lacks its closing brace, has no members: only white space after `{`.
  private static func endsInBrace(_ object: UnsafeRawBufferPointer) -> Bool {
    for byte in object.reversed() where ![0x20, 0x09, 0x0A, 0x0D].contains(byte) {
      return byte == UInt8(ascii: "{")
    }
    preconditionFailure("an object starts with a brace")
  }
}
