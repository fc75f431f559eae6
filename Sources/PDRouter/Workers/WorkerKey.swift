/// The key that workers are sent with every request, in place of the client's.
///
/// Never logged and never listed.
public struct WorkerKey: Sendable, Equatable {
  /// The field that carries it, with its line end.
  let line: String

  /// The key of that text, which was validated.
  public init(_ text: String) {
    precondition(BearerToken.canBe(text), "a key is validated before it is used")
    line = "authorization: Bearer \(text)\r\n"
  }
}
