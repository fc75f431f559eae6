internal import Vocabulary

/// Empty write buffers that keep their heap blocks, so that steady traffic allocates nothing.
///
/// Holds at most `limit` buffers of at most `largestKept` bytes each (4 MiB a loop); what comes
/// back beyond that is freed. Confined to its loop's thread.
struct BufferPool: ~Copyable {
  /// Enough for the streams written to in one wake-up; more would only hold memory.
  static let limit = 64
  /// A buffer grown beyond this was an exception.
  static let largestKept = 64 * 1024
  /// A new buffer holds the head of a request or response without growing.
  static let initialCapacity = 4096

  private let buffers: UnsafeMutablePointer<ByteBuffer>
  private var count = 0

  init() {
    buffers = .allocate(capacity: BufferPool.limit)
  }

  deinit {
    buffers.deinitialize(count: count)
    buffers.deallocate()
  }

  /// An empty buffer with a heap block.
  mutating func take() -> ByteBuffer {
    guard count > 0 else { return ByteBuffer(capacity: BufferPool.initialCapacity) }
    count -= 1
    return (buffers + count).move()
  }

  /// Empties `buffer` and moves its heap block into the pool; leaves an empty one without memory.
  mutating func giveBack(_ buffer: inout ByteBuffer) {
    var returned = ByteBuffer()
    swap(&returned, &buffer)
    let isWorthKeeping = returned.capacity > 0 && returned.capacity <= BufferPool.largestKept
    guard isWorthKeeping, count < BufferPool.limit else { return }
    returned.removeAll()
    (buffers + count).initialize(to: returned)
    count += 1
  }
}
