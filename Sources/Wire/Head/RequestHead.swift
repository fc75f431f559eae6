internal import Vocabulary

/// The head of a request, in any protocol version: what it asks for, its fields, how its body ends.
///
/// Holds places, not bytes: every `ByteRange` counts from the first byte of the buffer the head was
/// parsed from, which the caller keeps for as long as it wants to read them. Owns the storage of
/// `fields` and is meant to be used again for the next head of its connection.
public struct RequestHead: ~Copyable {
  /// The method, where it is a known one.
  public var method: HTTPMethod
  /// The method's bytes, case kept.
  public var methodName: ByteRange
  /// The whole request target: visible ASCII without `#`.
  public var target: ByteRange
  /// The target's path without the query; `*` for an asterisk-form target; empty (meaning `/`) for
  /// an absolute-form target that has none.
  public var path: ByteRange
  /// What follows the target's first `?`; empty also when there is none.
  public var query: ByteRange
  /// Whether the sender speaks HTTP/1.0.
  public var isHTTP10: Bool
  /// The header fields.
  public var fields: HeaderTable
  /// How the body ends; never `untilClose`.
  public var framing: BodyFraming
  /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
  public var keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
  public var expectsContinue: Bool
  /// Whether the client would go on in another protocol (`Upgrade`, RFC 9110 §7.8).
  public var asksForUpgrade: Bool
  /// The host asked for, with its port if there is one: of an absolute-form target, else of `Host`.
  public var host: ByteRange?
  /// The request line with its CRLF, where the sender of HTTP/1.1 wrote it as one would write it
  /// for another: with a path, and a query if there is a `?`. Else empty.
  public internal(set) var plainLine: ByteRange

  /// A head that says nothing yet.
  public init() {
    method = .other
    methodName = .empty
    target = .empty
    path = .empty
    query = .empty
    isHTTP10 = false
    fields = HeaderTable()
    framing = .none
    keepsAlive = true
    expectsContinue = false
    asksForUpgrade = false
    host = nil
    plainLine = .empty
  }

  /// Where a request line lies that can be passed on as it is.
  func findPlainLine(in base: UnsafeRawBufferPointer) -> ByteRange {
    let ending: StaticString = " HTTP/1.1\r\n"
    let queryLength = query.isEmpty ? 0 : query.length &+ 1
    guard path.offset == target.offset, !path.isEmpty, path.length &+ queryLength == target.length,
      Int(target.offset) == methodName.end &+ 1, target.end &+ 11 <= base.count,
      UnsafeRawBufferPointer(rebasing: base[target.end..<target.end &+ 11]).isSame(as: ending)
    else { return .empty }
    return ByteRange(from: Int(methodName.offset), to: target.end &+ 11)
  }

  /// Forgets everything except the storage of `fields`.
  public mutating func removeAll() {
    method = .other
    methodName = .empty
    target = .empty
    path = .empty
    query = .empty
    isHTTP10 = false
    fields.removeAll()
    framing = .none
    keepsAlive = true
    expectsContinue = false
    asksForUpgrade = false
    host = nil
    plainLine = .empty
  }
}
