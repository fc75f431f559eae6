internal import KVTransfer

/// What a complete answer to a call means for the handle it was to give back.
enum ReleaseVerdict: Equatable {
  /// Prefill has been told, or is about to be.
  case done(by: KVReleaseMechanism)
  /// The call did not get to where handles are given back: another worker is to be asked.
  case notServed

  /// Reads an answer's status and the first bytes of its body.
  ///
  /// A 404 counts only from the layer that knows models: an engine without the route says
  /// `{"detail":…}` (FastAPI's own form) and has done nothing. The same goes for bodies that fail
  /// validation (measured on vLLM 0.32: such a 400 frees nothing).
  static func of(
    _ means: KVReleaseMeans, status: Int, answer: UnsafeRawBufferPointer
  ) -> ReleaseVerdict {
    switch (means, status) {
    case (.rejection, 400), (.rejection, 404), (.rejection, 422):
      isFromOutside(answer) ? .notServed : .done(by: .rejectedRequest)
    case (.rejection, 200..<300), (.attachment, 200..<300): .done(by: .droppedRequest)
    case (.abortRequest, 200..<300): .done(by: .abortRequest)
    default: .notServed
    }
  }

  /// How many bytes of a body it wants to see.
  static let answerByteCount = 16

  private static func isFromOutside(_ answer: UnsafeRawBufferPointer) -> Bool {
    let mark: StaticString = "{\"detail\""
    guard answer.count >= mark.utf8CodeUnitCount else { return false }
    return (0..<mark.utf8CodeUnitCount).allSatisfy { answer[$0] == mark.utf8Start[$0] }
  }
}
