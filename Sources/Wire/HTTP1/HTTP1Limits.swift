/// What an HTTP/1 message may cost before its sender is refused; each is the largest size allowed.
public struct HTTP1Limits: Equatable, Sendable {
  /// Bytes of a head with its start line and every line end; over it: `headTooLarge`.
  ///
  /// A head is kept whole until it is complete, so this bounds what an idle sender can hold.
  public var headBytes = 64 * 1024
  /// Bytes of the request or status line without its CRLF; over it: `startLineTooLong`.
  public var startLineBytes = 16 * 1024
  /// Header fields in a head; over it: `tooManyFields`. Bounds the work of every later pass.
  public var headerCount = 128
  /// Names listed by the `Connection` fields of a head besides `close` and `keep-alive`; over it:
  /// `tooManyConnectionOptions`. Each is compared with every field.
  public var connectionOptions = 32
  /// Bytes of one chunk-size line, size and extensions, without its CRLF; over it:
  /// `chunkLineTooLong`. Extensions are read and dropped, so they may only be small.
  public var chunkExtensionBytes = 4 * 1024
  /// Bytes of extensions over all chunks of a body; over it: `chunkExtensionsTooLarge`.
  ///
  /// Without it a sender makes us read 4 KiB for every byte of body it counts.
  public var totalChunkExtensionBytes = 64 * 1024
  /// Bytes of the trailer section of a body; over it: `trailersTooLarge`. Trailers are dropped.
  public var trailerBytes = 8 * 1024

  /// The defaults.
  public init() {}
}
