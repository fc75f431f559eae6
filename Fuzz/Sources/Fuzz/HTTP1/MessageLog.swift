internal import Wire

/// All that a connection was found to say: its heads, its bodies, how it ended.
struct MessageLog: Equatable {
  /// Heads with their meaning, ends of bodies, the error.
  private var entries: [String] = []
  /// The bytes of all bodies.
  private var body: [UInt8] = []

  /// Reads `text` as it arrives up to each of `ends`.
  ///
  /// Each call of a parser gets a block of its own with exactly the bytes it may see.
  static func of<Reader: HeadReader & ~Copyable>(
    _ reader: consuming Reader, _ text: [UInt8], ends: [Int], _ limits: HTTP1Limits
  ) -> MessageLog {
    var log = MessageLog()
    var place = 0
    var decoder: HTTP1BodyDecoder?
    var bodyStart = (place: 0, count: 0)
    do throws(WireError) {
      for end in ends {
        while true {
          let bytes = ExactBytes(text[place..<end])
          if decoder == nil {
            guard let length = try reader.parse(bytes.raw) else {
              precondition(bytes.raw.count < limits.headBytes, "a head beyond its limit is awaited")
              break
            }
            precondition(length > 0 && length <= bytes.raw.count)
            log.entries.append(
              reader.describe(UnsafeRawBufferPointer(rebasing: bytes.raw[..<length])))
            place += length
            decoder = HTTP1BodyDecoder(framing: reader.framing, limits: limits)
            bodyStart = (place, log.body.count)
            continue
          }
          let (used, isComplete) = try log.read(bytes.raw, &decoder!, limits)
          place += used
          guard isComplete else { break }
          let coded = text[bodyStart.place..<place]
          log.finish(reader.framing, coded, log.body[bodyStart.count...], decoder!)
          decoder = nil
        }
      }
    } catch {
      log.entries.append("\(error)")
      return log
    }
    log.entries.append(decoder.map { "in a body \($0.isCompleteAtEnd)" } ?? "in a head")
    return log
  }

  /// Takes body bytes; how many were used, and whether the body ended.
  private mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ decoder: inout HTTP1BodyDecoder, _ limits: HTTP1Limits
  ) throws(WireError) -> (used: Int, isComplete: Bool) {
    var offset = 0
    while true {
      let before = offset
      let event = try decoder.next(bytes, &offset)
      precondition(offset >= before && offset <= bytes.count)
      precondition(decoder.trailerCount <= limits.headerCount)
      switch event {
      case .data(let range):
        precondition(!range.isEmpty && range.lowerBound >= before && range.upperBound == offset)
        body += bytes[range]
      case .needMore:
        precondition(offset == bytes.count && !decoder.isComplete, "bytes are left over")
        return (offset, false)
      case .end:
        precondition(decoder.isComplete && decoder.isCompleteAtEnd)
        return (offset, true)
      }
    }
  }

  /// Notes the end of a body that came as `coded` and says `plain`.
  private mutating func finish(
    _ framing: BodyFraming, _ coded: ArraySlice<UInt8>, _ plain: ArraySlice<UInt8>,
    _ decoder: HTTP1BodyDecoder
  ) {
    entries.append("end \(plain.count) \(decoder.trailerCount)")
    switch framing {
    case .none: precondition(coded.isEmpty)
    case .length(let length): precondition(coded.count == length && plain == coded)
    case .chunked:
      precondition(ChunkedModel.body(of: coded) == Array(plain), "another body in these chunks")
    case .untilClose: preconditionFailure("it ends only with its connection")
    }
  }
}
