internal import Synchronization

/// A fixed number of counters that one loop writes and any thread reads.
///
/// Each loop has its own, so that no cache line is fought over; a scrape adds them up. With one
/// writer an addition is a load and a store: it costs a third of an atomic one.
final class AtomicCounters: Sendable {
  /// How many counters.
  let count: Int
  nonisolated(unsafe) private let storage: UnsafeMutablePointer<Atomic<Int>>

  /// `count` counters at zero.
  init(count: Int) {
    precondition(count > 0)
    self.count = count
    storage = .allocate(capacity: count)
    for place in 0..<count { (storage + place).initialize(to: Atomic(0)) }
  }

  deinit {
    storage.deinitialize(count: count)
    storage.deallocate()
  }

  /// Adds to counter number `place`.
  func add(_ amount: Int = 1, to place: Int) {
    precondition(place >= 0 && place < count)
    AtomicCounters.add(amount, to: storage + place)
  }

  /// Counts a duration, and `zeros` of no time at all, in the histogram that begins at `first`
  /// (`LatencyHistogram`).
  func record(
    nanoseconds: Int64, zeros: Int = 0, _ bounds: HistogramBounds, from first: Int
  ) {
    let bucket = LatencyHistogram.firstBucket &+ bounds.place(of: nanoseconds)
    precondition(first >= 0 && first &+ bucket < count)
    let histogram = storage + first
    AtomicCounters.add(1, to: histogram + bucket)
    if zeros > 0 { AtomicCounters.add(zeros, to: histogram + LatencyHistogram.firstBucket) }
    let rest = UInt(histogram[1].load(ordering: .relaxed)) &+ UInt(max(0, nanoseconds))
    let microseconds = rest / 1000
    AtomicCounters.add(Int(microseconds), to: histogram)
    histogram[1].store(Int(rest &- microseconds &* 1000), ordering: .relaxed)
  }

  @inline(__always)
  private static func add(_ amount: Int, to counter: UnsafeMutablePointer<Atomic<Int>>) {
    counter.pointee.store(
      counter.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Sets counter number `place` (a gauge).
  func set(_ value: Int, at place: Int) {
    precondition(place >= 0 && place < count)
    storage[place].store(value, ordering: .relaxed)
  }

  /// The value of counter number `place`.
  func value(at place: Int) -> Int {
    precondition(place >= 0 && place < count)
    return storage[place].load(ordering: .relaxed)
  }
}
