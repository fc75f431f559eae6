internal import Glibc
internal import Vocabulary

/// Sessions and their workers in flat memory: found by fingerprint, ordered by last use.
///
/// 32 bytes a session and 4 to 8 to find it, reserved whole with the first session, so that nothing
/// is ever moved or rehashed; the system gives the memory page by page as sessions come. When it is
/// full its owner, who also locks it, removes the session used longest ago. Cost of every step: a
/// few memory accesses, no allocation.
struct SessionSlab: ~Copyable {
  private struct Entry {
    var fingerprint: UInt64
    var lastUse: Instant
    var worker: WorkerID
    /// The next one in the same bucket; the next free one when it is none. As all links: a place,
    /// or `none`.
    var next: Int32
    var newer: Int32
    var older: Int32
  }

  private static var none: Int32 { -1 }

  private let capacity: Int
  private let width: Int
  /// Both are there from the first session on.
  private var reservedEntries: UnsafeMutablePointer<Entry>?
  /// The first place in each bucket, plus one: zeroed memory is empty.
  private var reservedBuckets: UnsafeMutablePointer<Int32>?
  /// Places that were ever used.
  private var used = 0
  private var free = none
  private var newest = none
  private var oldest = none
  /// How many sessions there are.
  private(set) var count = 0

  /// Room for `capacity` sessions, 1 to 2^30.
  init(capacity: Int) {
    precondition(capacity > 0 && capacity <= 1 << 30)
    self.capacity = capacity
    var width = 1
    while width < capacity { width <<= 1 }
    self.width = width
  }

  deinit {
    reservedEntries?.deallocate()
    Glibc.free(reservedBuckets)
  }

  private var entries: UnsafeMutablePointer<Entry> {
    precondition(reservedEntries != nil, "places come from sessions that were added")
    return reservedEntries.unsafelyUnwrapped
  }

  private var buckets: UnsafeMutablePointer<Int32> {
    precondition(reservedBuckets != nil, "places come from sessions that were added")
    return reservedBuckets.unsafelyUnwrapped
  }

  /// The place of a session; nil when there is none of this fingerprint.
  func place(of fingerprint: UInt64) -> Int? {
    guard count > 0 else { return nil }
    var place = buckets[bucket(of: fingerprint)] &- 1
    while place != SessionSlab.none {
      if entries[Int(place)].fingerprint == fingerprint { return Int(place) }
      place = entries[Int(place)].next
    }
    return nil
  }

  /// The worker of the session at `place`.
  func worker(at place: Int) -> WorkerID { entries[place].worker }

  /// When the session at `place` was used last.
  func lastUse(at place: Int) -> Instant { entries[place].lastUse }

  /// The place of the session used longest ago.
  var oldestPlace: Int? { oldest == SessionSlab.none ? nil : Int(oldest) }

  /// Whether the next session needs another one's place.
  var isFull: Bool { count == capacity }

  /// Gives the session at `place` to `worker` and makes it the one used last.
  mutating func use(_ place: Int, by worker: WorkerID, at now: Instant) {
    entries[place].worker = worker
    entries[place].lastUse = now
    guard newest != Int32(place) else { return }
    unlink(place)
    link(place)
  }

  /// Adds a session that is not there; precondition: not full.
  mutating func add(_ fingerprint: UInt64, on worker: WorkerID, at now: Instant) {
    precondition(!isFull)
    reserve()
    let place = takePlace()
    let bucket = bucket(of: fingerprint)
    entries[place] = Entry(
      fingerprint: fingerprint, lastUse: now, worker: worker, next: buckets[bucket] &- 1,
      newer: SessionSlab.none, older: SessionSlab.none)
    buckets[bucket] = Int32(place) &+ 1
    link(place)
    count += 1
  }

  /// Forgets the session at `place`.
  mutating func remove(_ place: Int) {
    precondition(place >= 0 && place < used && count > 0)
    let bucket = bucket(of: entries[place].fingerprint)
    if buckets[bucket] &- 1 == Int32(place) {
      buckets[bucket] = entries[place].next &+ 1
    } else {
      var before = Int(buckets[bucket] &- 1)
      while entries[before].next != Int32(place) { before = Int(entries[before].next) }
      entries[before].next = entries[place].next
    }
    unlink(place)
    entries[place].next = free
    free = Int32(place)
    count -= 1
  }

  private func bucket(of fingerprint: UInt64) -> Int {
    Int(truncatingIfNeeded: fingerprint) & (width &- 1)
  }

  private mutating func reserve() {
    guard reservedEntries == nil else { return }
    guard let zeroed = calloc(width, MemoryLayout<Int32>.stride) else {
      preconditionFailure("no memory for \(capacity) sessions")
    }
    reservedBuckets = zeroed.bindMemory(to: Int32.self, capacity: width)
    reservedEntries = .allocate(capacity: capacity)
  }

  private mutating func takePlace() -> Int {
    guard free == SessionSlab.none else {
      let place = Int(free)
      free = entries[place].next
      return place
    }
    let place = used
    used += 1
    return place
  }

  private mutating func link(_ place: Int) {
    entries[place].newer = SessionSlab.none
    entries[place].older = newest
    if newest != SessionSlab.none { entries[Int(newest)].newer = Int32(place) }
    newest = Int32(place)
    if oldest == SessionSlab.none { oldest = newest }
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (entries[place].newer, entries[place].older)
    if newer == SessionSlab.none { newest = older } else { entries[Int(newer)].older = older }
    if older == SessionSlab.none { oldest = newer } else { entries[Int(older)].newer = newer }
  }
}
