internal import Synchronization

/// The counters that every request changes, of a few workers that were registered one after the
/// other, and how often any of them has changed.
///
/// Shared by all loops. A loop that compares `changes` with what it saw last need not look at these
/// workers again while it is the same; so among hundreds it looks at those few that somebody used.
/// Each worker has a cache line of its own, and `changes` has one: loops that serve different
/// workers do not wait for each other's counters. Lives as long as one of its workers does.
final class WorkerLoadBlock: Sendable {
  /// Workers whose counters lie together.
  static let capacity = 16
  private static let line = 64

  /// One worker's counters; all changes end with `noteChange`.
  struct Counters: ~Copyable {
    let requests = Atomic<Int>(0)
    let urgent = Atomic<Int>(0)
    let tokens = Atomic<Int>(0)
    let waitingPrompts = Atomic<Int>(0)
    let processed = Atomic<Int>(0)
  }

  /// How often anything in it has changed.
  nonisolated(unsafe) let changes: UnsafeMutablePointer<Atomic<Int>>
  nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
  private let count: Int

  /// Counters of `count` workers that have nothing to do.
  init(count: Int = WorkerLoadBlock.capacity) {
    precondition(count > 0 && MemoryLayout<Counters>.stride <= WorkerLoadBlock.line)
    self.count = count
    memory = .allocate(
      byteCount: (count + 1) * WorkerLoadBlock.line, alignment: WorkerLoadBlock.line)
    changes = memory.bindMemory(to: Atomic<Int>.self, capacity: 1)
    changes.initialize(to: Atomic(0))
    for place in 0..<count {
      (memory + (place + 1) * WorkerLoadBlock.line).bindMemory(to: Counters.self, capacity: 1)
        .initialize(to: Counters())
    }
  }

  deinit {
    for place in 0..<count { counters(at: place).deinitialize(count: 1) }
    changes.deinitialize(count: 1)
    memory.deallocate()
  }

  /// The counters of the worker at `place`; valid as long as the block lives.
  func counters(at place: Int) -> UnsafeMutablePointer<Counters> {
    precondition(place >= 0 && place < count)
    return (memory + (place + 1) * WorkerLoadBlock.line).assumingMemoryBound(to: Counters.self)
  }
}

/// One worker's place in a block.
struct WorkerLoadPlace {
  /// The block.
  let block: WorkerLoadBlock
  /// Which of it.
  let place: Int

  /// A place in a block of its own.
  static func alone() -> WorkerLoadPlace {
    WorkerLoadPlace(block: WorkerLoadBlock(count: 1), place: 0)
  }

  /// The place after this one, in a further block where this one is full.
  func next() -> WorkerLoadPlace {
    guard place + 1 < WorkerLoadBlock.capacity else {
      return WorkerLoadPlace(block: WorkerLoadBlock(), place: 0)
    }
    return WorkerLoadPlace(block: block, place: place + 1)
  }
}
