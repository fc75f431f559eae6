internal import Vocabulary

/// Who waits on one loop: served by turn, the one that came first among equals; given up by age.
///
/// Pure: turns and times come in as arguments. A heap by turn over a list by arrival, so adding,
/// serving and leaving cost O(log n) and finding out who has waited too long costs O(1). Whoever
/// adds sees to the limit. Memory of those that left is used again.
struct AdmissionQueue<Waiter> {
  /// A waiter's place, from `add` until it is taken or removed.
  struct Ticket: Equatable {
    fileprivate let place: Int
  }

  private struct Entry {
    var waiter: Waiter?
    var turn: Instant
    /// Arrivals are numbered: the tie among equal turns.
    var number: UInt64
    var deadline: Instant
    /// Its place in the heap.
    var heapPlace: Int
    /// Its neighbours in the list by arrival; `none` at the ends.
    var older: Int
    var newer: Int
  }

  private static var none: Int { -1 }

  private var entries: [Entry] = []
  private var free: [Int] = []
  private var heap: [Int] = []
  private var oldest = AdmissionQueue.none
  private var newest = AdmissionQueue.none
  private var arrivals: UInt64 = 0

  /// Nobody.
  init() {}

  /// How many wait.
  var count: Int { heap.count }

  /// The turn of whoever is served next; the distant future when nobody waits.
  var firstTurn: Instant { heap.first.map { entries[$0].turn } ?? .distantFuture }

  /// When the one that has waited longest has waited too long; nil when nobody waits.
  var firstDeadline: Instant? { oldest == AdmissionQueue.none ? nil : entries[oldest].deadline }

  /// Adds a waiter, whose deadline is no earlier than those of all before it.
  mutating func add(_ waiter: Waiter, turn: Instant, deadline: Instant) -> Ticket {
    precondition(
      newest == AdmissionQueue.none || entries[newest].deadline <= deadline,
      "deadlines are given in order of arrival")
    let entry = Entry(
      waiter: waiter, turn: turn, number: arrivals, deadline: deadline, heapPlace: heap.count,
      older: newest, newer: AdmissionQueue.none)
    arrivals += 1
    let place = free.popLast() ?? entries.count
    if place == entries.count { entries.append(entry) } else { entries[place] = entry }
    if newest == AdmissionQueue.none { oldest = place } else { entries[newest].newer = place }
    newest = place
    heap.append(place)
    rise(from: heap.count - 1)
    return Ticket(place: place)
  }

  /// Takes the waiter whose turn it is; nil when nobody waits.
  mutating func takeFirst() -> Waiter? {
    heap.first.map { take($0) }
  }

  /// Takes one that has waited too long at `now`, the longest waiting first; nil when nobody has.
  mutating func takeExpired(now: Instant) -> Waiter? {
    guard let firstDeadline, firstDeadline <= now else { return nil }
    return take(oldest)
  }

  /// Takes the waiter with that ticket, which is worth nothing from then on.
  @discardableResult
  mutating func take(_ ticket: Ticket) -> Waiter { take(ticket.place) }

  private mutating func take(_ place: Int) -> Waiter {
    guard let waiter = entries[place].waiter else {
      preconditionFailure("a waiter is taken once")
    }
    entries[place].waiter = nil
    let (older, newer) = (entries[place].older, entries[place].newer)
    if older == AdmissionQueue.none { oldest = newer } else { entries[older].newer = newer }
    if newer == AdmissionQueue.none { newest = older } else { entries[newer].older = older }
    leaveHeap(entries[place].heapPlace)
    free.append(place)
    return waiter
  }
}

// MARK: - The heap

extension AdmissionQueue {
  private mutating func leaveHeap(_ hole: Int) {
    let last = heap.count - 1
    if hole != last { swap(hole, last) }
    heap.removeLast()
    guard hole < heap.count else { return }
    rise(from: hole)
    sink(from: hole)
  }

  private mutating func rise(from start: Int) {
    var place = start
    while place > 0, isBefore(place, (place - 1) / 2) {
      swap(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink(from start: Int) {
    var place = start
    while true {
      var first = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && isBefore(child, first) {
        first = child
      }
      guard first != place else { return }
      swap(place, first)
      place = first
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    let (one, other) = (entries[heap[left]], entries[heap[right]])
    return one.turn != other.turn ? one.turn < other.turn : one.number < other.number
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    heap.swapAt(left, right)
    entries[heap[left]].heapPlace = left
    entries[heap[right]].heapPlace = right
  }
}
