/// Plain chunks at the beginning of some bytes, one after the other.
public struct PlainChunkRun: Equatable, Sendable {
  /// The offset just after the last of them; 0 when there is none.
  public var end = 0
  /// Bytes of their data.
  public var bodyByteCount = 0
  /// Events of a stream in them that hold a token, where these were looked for.
  public var tokenEvents = 0

  /// No chunk.
  public init() {}

  /// All plain chunks that `bytes` begin with, whatever they hold.
  public init(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    while let data = PlainChunk.data(base, from: end, to: bytes.count) {
      end = data.upperBound &+ PlainChunk.endLength
      bodyByteCount &+= data.count
    }
  }
}
