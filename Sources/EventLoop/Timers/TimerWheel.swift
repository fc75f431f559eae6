internal import Glibc
public import Vocabulary

/// The deadlines of many timers: a hierarchical wheel of 5 ms ticks, driven by whoever owns a
/// clock.
///
/// Arming, re-arming and cancelling are O(1) and allocate nothing; re-arming later and cancelling
/// are one store, the node moves when the tick it sits at comes. Seven levels of 64 slots span
/// every `Instant`. A timer never fires before its deadline, and at most one tick after it when the
/// wheel is advanced in time; timers of different ticks fire in order of their ticks. Confined to
/// one thread; reads no clock and calls nobody.
public struct TimerWheel: ~Copyable {
  /// A timer's place in its wheel, from `add` until `remove`.
  public struct TimerID: Hashable, Sendable {
    /// Small numbers from 0, reused after `remove`: fit to index a table beside the wheel.
    public let index: Int
  }

  /// The length of a tick: deadlines are rounded up to its multiples.
  public static let resolution = Duration.milliseconds(5)

  static let tickNanoseconds: Int64 = 5_000_000
  static let levelCount = 7
  static let slotsPerLevel = 64
  static let unarmed = UInt64.max
  /// The list of timers that are due, behind the slots of the levels.
  static let dueList = Int32(levelCount * slotsPerLevel)
  static let unlinked: Int32 = -1
  static let free: Int32 = -2
  static let none: Int32 = -1

  struct Node {
    /// The tick to fire at, or `unarmed`.
    var deadline: UInt64
    /// The tick it was linked for; at or before `deadline` while armed.
    var linkedFor: UInt64
    var next: Int32
    var previous: Int32
    /// The list it is in, or `unlinked`, or `free`.
    var list: Int32
  }

  struct List {
    var first: Int32
    var last: Int32
  }

  private var nodes: UnsafeMutablePointer<Node>
  private var capacity: Int
  private var nodeCount = 0
  private var firstFree = TimerWheel.none
  private let lists: UnsafeMutablePointer<List>
  /// One bit a slot, one word a level.
  private let occupied: UnsafeMutablePointer<UInt64>
  /// One bit a level that has an occupied slot.
  private var occupiedLevels: UInt64 = 0
  /// Whether `nextTick` may have moved since it was looked at last: only where something was linked
  /// or taken out, which most wake-ups do not.
  var hasMoved = true
  /// Every tick up to this one has been gone through.
  private var current: UInt64

  /// An empty wheel whose time is `now`.
  public init(now: Instant) {
    capacity = 64
    nodes = .allocate(capacity: capacity)
    lists = .allocate(capacity: Int(TimerWheel.dueList) + 1)
    lists.initialize(
      repeating: List(first: TimerWheel.none, last: TimerWheel.none),
      count: Int(TimerWheel.dueList) + 1)
    occupied = .allocate(capacity: TimerWheel.levelCount)
    occupied.initialize(repeating: 0, count: TimerWheel.levelCount)
    current = UInt64(max(0, now.nanoseconds) / TimerWheel.tickNanoseconds)
  }

  deinit {
    nodes.deallocate()
    lists.deallocate()
    occupied.deallocate()
  }

  /// Makes room for one more timer, unarmed.
  public mutating func add() -> TimerID {
    let index: Int32
    if firstFree != TimerWheel.none {
      index = firstFree
      firstFree = nodes[Int(index)].next
    } else {
      if nodeCount == capacity { grow() }
      index = Int32(nodeCount)
      nodeCount += 1
    }
    let node = Node(
      deadline: TimerWheel.unarmed, linkedFor: 0, next: TimerWheel.none,
      previous: TimerWheel.none, list: TimerWheel.unlinked)
    (nodes + Int(index)).initialize(to: node)
    return TimerID(index: Int(index))
  }

  /// Forgets a timer; its identity may be given to another.
  public mutating func remove(_ timer: TimerID) {
    checkIdentity(timer)
    unlink(Int32(timer.index))
    nodes[timer.index].list = TimerWheel.free
    nodes[timer.index].next = firstFree
    firstFree = Int32(timer.index)
  }

  /// Arms or re-arms a timer; a deadline in the past is due at the next tick.
  public mutating func arm(_ timer: TimerID, at deadline: Instant) {
    checkIdentity(timer)
    let tick = max(TimerWheel.tick(roundingUp: deadline), current + 1)
    let node = nodes + timer.index
    node.pointee.deadline = tick
    if node.pointee.list != TimerWheel.unlinked {
      if node.pointee.linkedFor <= tick { return }
      unlink(Int32(timer.index))
    }
    link(Int32(timer.index))
  }

  /// Disarms a timer, also one that is due but not yet popped.
  public mutating func cancel(_ timer: TimerID) {
    checkIdentity(timer)
    nodes[timer.index].deadline = TimerWheel.unarmed
  }

  /// Whether a timer is armed.
  public func isArmed(_ timer: TimerID) -> Bool {
    checkIdentity(timer)
    return nodes[timer.index].deadline != TimerWheel.unarmed
  }

  /// When to advance the wheel next; nil when nothing is in it.
  ///
  /// No timer fires before. At that time none need fire: the wheel may only have to move timers
  /// that were armed far ahead, re-armed or cancelled.
  public var nextAdvance: Instant? {
    guard let tick = nextTick else { return nil }
    let (start, overflow) =
      Int64(clamping: tick).multipliedReportingOverflow(by: TimerWheel.tickNanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: start)
  }

  /// `nextAdvance` in ticks.
  var nextTick: UInt64? {
    if lists[Int(TimerWheel.dueList)].first != TimerWheel.none { return current }
    guard occupiedLevels != 0 else { return nil }
    let level = occupiedLevels.trailingZeroBitCount
    let slot = UInt64(occupied[level].trailingZeroBitCount)
    let shift = UInt64(level * 6)
    // Whatever is linked at a level agrees with `current` in every higher digit.
    return (current >> (shift + 6)) << (shift + 6) | slot << shift
  }

  /// Moves the wheel's time to `now`; what has become due is then popped with `popDue`.
  public mutating func advance(to now: Instant) {
    let target = UInt64(max(0, now.nanoseconds) / TimerWheel.tickNanoseconds)
    guard target > current else { return }
    while occupiedLevels != 0 {
      let level = occupiedLevels.trailingZeroBitCount
      let slot = occupied[level].trailingZeroBitCount
      let shift = UInt64(level * 6)
      let tick = (current >> (shift + 6)) << (shift + 6) | UInt64(slot) << shift
      guard tick <= target else { break }
      precondition(tick > current, "a slot of the past is occupied")
      current = tick
      empty(Int32(level * TimerWheel.slotsPerLevel + slot))
    }
    current = target
  }

  /// The next timer that is due, disarmed by this; nil when none is left.
  public mutating func popDue() -> TimerID? {
    while true {
      let index = lists[Int(TimerWheel.dueList)].first
      guard index != TimerWheel.none else { return nil }
      unlink(index)
      let node = nodes + Int(index)
      if node.pointee.deadline == TimerWheel.unarmed { continue }
      if node.pointee.deadline > current {
        link(index)
        continue
      }
      node.pointee.deadline = TimerWheel.unarmed
      return TimerID(index: Int(index))
    }
  }

  /// Whether a timer of that deadline would be due by now.
  func hasReached(_ deadline: Instant) -> Bool {
    TimerWheel.tick(roundingUp: deadline) <= current
  }

  /// Sends each timer of a slot whose tick has come to where it belongs now.
  private mutating func empty(_ list: Int32) {
    while case let index = lists[Int(list)].first, index != TimerWheel.none {
      unlink(index)
      if nodes[Int(index)].deadline != TimerWheel.unarmed { link(index) }
    }
  }

  private mutating func link(_ index: Int32) {
    hasMoved = true
    let node = nodes + Int(index)
    let tick = node.pointee.deadline
    let list: Int32
    if tick <= current {
      list = TimerWheel.dueList
    } else {
      let level = (63 - (tick ^ current).leadingZeroBitCount) / 6
      precondition(level < TimerWheel.levelCount)
      let slot = Int(tick >> UInt64(level * 6)) & (TimerWheel.slotsPerLevel - 1)
      occupied[level] |= 1 << UInt64(slot)
      occupiedLevels |= 1 << UInt64(level)
      list = Int32(level * TimerWheel.slotsPerLevel + slot)
    }
    node.pointee.list = list
    node.pointee.linkedFor = tick
    node.pointee.next = TimerWheel.none
    node.pointee.previous = lists[Int(list)].last
    if node.pointee.previous == TimerWheel.none {
      lists[Int(list)].first = index
    } else {
      nodes[Int(node.pointee.previous)].next = index
    }
    lists[Int(list)].last = index
  }

  private mutating func unlink(_ index: Int32) {
    let node = nodes[Int(index)]
    guard node.list != TimerWheel.unlinked else { return }
    let list = Int(node.list)
    if node.previous == TimerWheel.none {
      lists[list].first = node.next
    } else {
      nodes[Int(node.previous)].next = node.next
    }
    if node.next == TimerWheel.none {
      lists[list].last = node.previous
    } else {
      nodes[Int(node.next)].previous = node.previous
    }
    nodes[Int(index)].list = TimerWheel.unlinked
    if lists[list].first == TimerWheel.none, node.list != TimerWheel.dueList { markEmpty(list) }
  }

  private mutating func markEmpty(_ list: Int) {
    let level = list / TimerWheel.slotsPerLevel
    occupied[level] &= ~(1 << UInt64(list % TimerWheel.slotsPerLevel))
    if occupied[level] == 0 { occupiedLevels &= ~(1 << UInt64(level)) }
  }

  private mutating func grow() {
    precondition(capacity < Int(Int32.max) / 2, "more timers than any machine has memory for")
    let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: nodes, count: nodeCount)
    nodes.deallocate()
    nodes = larger
    capacity *= 2
  }

  private func checkIdentity(_ timer: TimerID) {
    precondition(timer.index < nodeCount && nodes[timer.index].list != TimerWheel.free)
  }

  private static func tick(roundingUp instant: Instant) -> UInt64 {
    let nanoseconds = max(0, instant.nanoseconds)
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: tickNanoseconds)
    return UInt64(whole) + (rest > 0 ? 1 : 0)
  }
}
