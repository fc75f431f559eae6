/// Reads the trailer section of one chunked body and checks its fields (RFC 9112 §7.1.2); keeps
/// none of them.
///
/// Works byte by byte on any pieces; trailers are rare and small.
struct HTTP1TrailerSection: Sendable {
  private enum Phase: Sendable {
    case lineStart
    case name
    case value
    case lineEnd
    case sectionEnd
  }

  private let byteLimit: Int
  private let countLimit: Int
  private var phase = Phase.lineStart
  private var byteCount = 0
  /// Fields read so far.
  private(set) var count = 0

  /// Whether a field has begun, so that there are any.
  var hasFields: Bool {
    switch phase {
    case .lineStart, .sectionEnd: count > 0
    case .name, .value, .lineEnd: true
    }
  }

  /// A reader at the first byte after the last chunk's line.
  init(limits: HTTP1Limits) {
    precondition(limits.trailerBytes >= 2 && limits.headerCount >= 0)
    byteLimit = limits.trailerBytes
    countLimit = limits.headerCount
  }

  /// Reads on from `offset`; true once the empty line is read, false when bytes are needed.
  mutating func read(
    _ base: UnsafeRawPointer, _ end: Int, _ offset: inout Int
  ) throws(WireError) -> Bool {
    while offset < end {
      let byte = ByteSearch.byte(base, offset)
      offset += 1
      byteCount += 1
      guard byteCount <= byteLimit else { throw .trailersTooLarge }
      if phase == .sectionEnd {
        guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
        return true
      }
      phase = try phase(after: byte)
      guard count <= countLimit else { throw .tooManyFields }
    }
    return false
  }

  private mutating func phase(after byte: UInt8) throws(WireError) -> Phase {
    switch phase {
    case .lineStart:
      if byte == ASCII.carriageReturn { return .sectionEnd }
      if ASCII.isBlank(byte) { throw .lineFolding }
      if byte == ASCII.colon { throw .emptyFieldName }
      return try name(byte)
    case .name:
      if byte == ASCII.colon { return .value }
      if ASCII.isBlank(byte) { throw .whitespaceBeforeColon }
      if byte == ASCII.carriageReturn { throw .missingColon }
      return try name(byte)
    case .value:
      if byte == ASCII.carriageReturn { return .lineEnd }
      if byte == ASCII.lineFeed { throw .bareLineFeed }
      if ASCII.isControl(byte) { throw .controlCharacter }
      return .value
    case .lineEnd, .sectionEnd:
      guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
      count += 1
      return .lineStart
    }
  }

  private func name(_ byte: UInt8) throws(WireError) -> Phase {
    guard !ASCII.isToken(byte) else { return .name }
    if byte == ASCII.lineFeed { throw .bareLineFeed }
    throw ASCII.isControl(byte) ? .controlCharacter : .invalidFieldName
  }
}
