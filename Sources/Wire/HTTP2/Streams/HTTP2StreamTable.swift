/// The streams of a connection by number: open addressing, linear probing, at most half full.
///
/// Numbers of one connection are odd and consecutive, so half of a number is a good hash. A look-up
/// costs a few instructions; it grows to the streams that are live at once and never shrinks.
struct HTTP2StreamTable {
  private var numbers: ContiguousArray<Int32>
  private var streams: ContiguousArray<HTTP2Stream?>
  /// How many streams it holds.
  private(set) var count = 0

  init() {
    numbers = ContiguousArray(repeating: 0, count: 8)
    streams = ContiguousArray(repeating: nil, count: 8)
  }

  /// The stream with this number.
  subscript(id: HTTP2StreamID) -> HTTP2Stream? {
    guard let slot = slot(of: id.number) else { return nil }
    return streams[slot]
  }

  /// Adds a stream whose number is not in the table.
  mutating func insert(_ stream: HTTP2Stream) {
    precondition(stream.id.number > 0 && slot(of: stream.id.number) == nil)
    if (count + 1) * 2 > numbers.count { grow() }
    place(stream)
    count += 1
  }

  /// Takes the stream with this number out.
  mutating func remove(_ id: HTTP2StreamID) -> HTTP2Stream? {
    guard var hole = slot(of: id.number) else { return nil }
    let removed = streams[hole]
    count -= 1
    // Whatever was pushed behind the hole moves up, so that probing needs no marks.
    let mask = numbers.count - 1
    var next = (hole + 1) & mask
    while numbers[next] != 0 {
      let home = HTTP2StreamTable.home(numbers[next], mask)
      if (next - home) & mask >= (next - hole) & mask {
        numbers[hole] = numbers[next]
        streams[hole] = streams[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    numbers[hole] = 0
    streams[hole] = nil
    return removed
  }

  /// Calls `body` with each stream, in no order; the table must not be changed meanwhile.
  func forEach(_ body: (HTTP2Stream) -> Void) {
    for case let stream? in streams { body(stream) }
  }

  @inline(__always)
  private static func home(_ number: Int32, _ mask: Int) -> Int {
    Int(number) &>> 1 & mask
  }

  @inline(__always)
  private func slot(of number: Int32) -> Int? {
    guard number > 0 else { return nil }
    let mask = numbers.count &- 1
    var slot = HTTP2StreamTable.home(number, mask)
    while numbers[slot] != number {
      guard numbers[slot] != 0 else { return nil }
      slot = (slot &+ 1) & mask
    }
    return slot
  }

  private mutating func place(_ stream: HTTP2Stream) {
    let mask = numbers.count - 1
    var slot = HTTP2StreamTable.home(stream.id.number, mask)
    while numbers[slot] != 0 { slot = (slot + 1) & mask }
    numbers[slot] = stream.id.number
    streams[slot] = stream
  }

  private mutating func grow() {
    let old = streams
    numbers = ContiguousArray(repeating: 0, count: old.count * 2)
    streams = ContiguousArray(repeating: nil, count: old.count * 2)
    for case let stream? in old { place(stream) }
  }
}
