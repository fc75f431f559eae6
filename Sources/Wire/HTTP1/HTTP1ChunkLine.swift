/// Reads the lines before the chunks of one body: a size and extensions that nobody uses
/// (RFC 9112 §7.1), byte by byte and from any pieces.
///
/// Stricter than the grammar: no white space outside quotes, because readers differ about it.
struct HTTP1ChunkLine: Sendable {
  private enum Phase: Sendable {
    case size
    case nameStart
    case name
    case valueStart
    case value
    case quoted
    case quotedPair
    case afterQuoted
    case lineFeed
  }

  private let lineLimit: Int
  private let extensionLimit: Int
  private var phase = Phase.size
  private var size = 0
  private var lineBytes = 0
  private var extensionBytes = 0
  private var hasDigit = false

  /// A reader at the first chunk of a body.
  init(limits: HTTP1Limits) {
    precondition(limits.chunkExtensionBytes > 0 && limits.totalChunkExtensionBytes >= 0)
    lineLimit = limits.chunkExtensionBytes
    extensionLimit = limits.totalChunkExtensionBytes
  }

  /// Whether nothing of the next line was read.
  var isAtStart: Bool { phase == .size && lineBytes == 0 }

  /// Reads on from `offset`; the chunk's size once its line is complete, nil when bytes are needed.
  @inline(__always)
  mutating func read(
    _ base: UnsafeRawPointer, _ count: Int, _ offset: inout Int
  ) throws(WireError) -> Int? {
    while offset < count {
      let byte = ByteSearch.byte(base, offset)
      offset &+= 1
      if phase == .lineFeed {
        guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
        return nextLine()
      }
      if byte == ASCII.carriageReturn {
        try endLine()
        continue
      }
      lineBytes &+= 1
      guard lineBytes <= lineLimit else { throw .chunkLineTooLong }
      if phase == .size {
        try takeSize(byte)
      } else {
        try takeExtension(byte)
      }
    }
    return nil
  }

  private mutating func nextLine() -> Int {
    let result = size
    phase = .size
    size = 0
    lineBytes = 0
    hasDigit = false
    return result
  }

  private mutating func endLine() throws(WireError) {
    switch phase {
    case .size:
      guard hasDigit else { throw .invalidChunkSize }
    case .name, .value, .afterQuoted: break
    case .nameStart, .valueStart, .quoted, .quotedPair, .lineFeed: throw .invalidChunkExtension
    }
    phase = .lineFeed
  }

  @inline(__always)
  private mutating func takeSize(_ byte: UInt8) throws(WireError) {
    if let digit = ASCII.hexadecimalDigit(byte) {
      guard size <= Int.max >> 4 else { throw .invalidChunkSize }
      size = size << 4 | digit
      hasDigit = true
      return
    }
    guard byte != ASCII.lineFeed else { throw .bareLineFeed }
    guard byte == UInt8(ascii: ";"), hasDigit else { throw .invalidChunkSize }
    try takeExtensionByte(.nameStart)
  }

  private mutating func takeExtensionByte(_ next: Phase) throws(WireError) {
    extensionBytes += 1
    guard extensionBytes <= extensionLimit else { throw .chunkExtensionsTooLarge }
    phase = next
  }

  private mutating func takeExtension(_ byte: UInt8) throws(WireError) {
    guard byte != ASCII.lineFeed else { throw .bareLineFeed }
    guard !ASCII.isControl(byte) else { throw .controlCharacter }
    guard let next = phase(after: byte) else { throw .invalidChunkExtension }
    try takeExtensionByte(next)
  }

  /// Where an extension byte leads, or nil where it does not belong (RFC 9112 §7.1.1).
  private func phase(after byte: UInt8) -> Phase? {
    switch phase {
    case .nameStart: ASCII.isToken(byte) ? .name : nil
    case .name:
      switch byte {
      case UInt8(ascii: "="): .valueStart
      case UInt8(ascii: ";"): .nameStart
      default: ASCII.isToken(byte) ? .name : nil
      }
    case .valueStart:
      byte == UInt8(ascii: "\"") ? .quoted : ASCII.isToken(byte) ? .value : nil
    case .value:
      byte == UInt8(ascii: ";") ? .nameStart : ASCII.isToken(byte) ? .value : nil
    case .quoted:
      switch byte {
      case UInt8(ascii: "\""): .afterQuoted
      case UInt8(ascii: "\\"): .quotedPair
      default: .quoted
      }
    case .quotedPair: .quoted
    case .afterQuoted: byte == UInt8(ascii: ";") ? .nameStart : nil
    case .size, .lineFeed: nil
    }
  }
}
