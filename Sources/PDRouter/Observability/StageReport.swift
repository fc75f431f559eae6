internal import LogLines
internal import Vocabulary

/// The times of a request's stages as a JSON object: what `VLLM_ROUTER_STAGES` asks for.
enum StageReport {
  /// Appends the stages that are over at `now`, in milliseconds, and the time so far.
  static func append(
    _ record: borrowing RouteRecord, now: Instant, to text: inout ByteBuffer
  ) {
    text.append("{")
    append(.queueTime, record.queueTime, to: &text)
    append(.prefillTime, record.prefillTime, to: &text)
    append(.handOverTime, record.handOverTime, to: &text)
    append(.decodeWait, record.decodeWait, to: &text)
    append(.timeToFirstToken, record.timeToFirstToken, to: &text)
    append(.totalTime, now - record.receivedAt, to: &text)
    text.removeLast(1)
    text.append("}")
  }

  /// Where the last event that says `[DONE]` and nothing else begins in whole events; their end
  /// when there is none.
  static func placeOfDone(in events: UnsafeRawBufferPointer) -> Int {
    let mark: StaticString = "data: [DONE]"
    let bytes = UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
    guard events.count >= bytes.count else { return events.count }
    for place in stride(from: events.count - bytes.count, through: 0, by: -1)
    where events[place] == bytes[0] && isEventStart(place, of: events) {
      if events[place..<place + bytes.count].elementsEqual(bytes) { return place }
    }
    return events.count
  }

  /// Whether an empty line, or nothing, lies before `place`.
  private static func isEventStart(_ place: Int, of events: UnsafeRawBufferPointer) -> Bool {
    guard place > 0 else { return true }
    var end = place - 1
    guard isLineEnd(events[end]) else { return false }
    if events[end] == 0x0A, end > 0, events[end - 1] == 0x0D { end -= 1 }
    return end == 0 || isLineEnd(events[end - 1])
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private static func append(_ key: RouteLogKey, _ time: Duration?, to text: inout ByteBuffer) {
    guard let time else { return }
    text.append("\"")
    text.append(key.rawValue)
    text.append("\":")
    text.append(milliseconds: time)
    text.append(",")
  }
}
