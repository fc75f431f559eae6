internal import Vocabulary

/// One direction of a connection: the writer's queue, what is under way, and what waits to be read.
///
/// All three lie in one buffer in this order, front to back: `arrivedCount` bytes the reader's
/// kernel holds, `inFlightCount` bytes on the way, the rest still in the writer's own queue; moving
/// a byte on is moving a boundary. Owned by its two streams and by the events about it.
final class SimulatedPipe {
  let source: SimulatedHost
  let target: SimulatedHost
  /// The stream that writes; nil once that is closed.
  var writer: SimulatedStream?
  /// The stream that reads; nil before it is accepted and once it is closed.
  var reader: SimulatedStream?
  /// The other direction; nil once both streams are closed.
  var reverse: SimulatedPipe?

  /// Packets under way, in order; each has one event in the world's queue or is counted as held.
  var packets = PacketQueue()
  /// Packet events that found the path blocked and wait for it to heal.
  var heldCount = 0
  /// When the last packet under way arrives: a later one never arrives earlier.
  var lastArrival: Int64 = 0
  /// When the link has sent what it was given (only with limited bandwidth).
  var linkFreeAt: Int64 = 0
  /// Whether the news of room is already on its way to the writer.
  var isWindowUnderWay = false
  /// Whether bytes for a closed reader were already answered with a reset.
  var isResetAnswered = false
  /// Whether something on the way resets the connection: nothing more is sent.
  private(set) var isBroken = false

  /// Names found in what was written, each with the count of bytes written up to there.
  private var marks: [(name: String, end: Int)] = []
  /// The last name found.
  private var lastName: String?
  private var writtenCount = 0
  private var readCount = 0
  private(set) var arrivedCount = 0
  private(set) var inFlightCount = 0
  private var buffer = ByteBuffer()

  init(from source: SimulatedHost, to target: SimulatedHost) {
    self.source = source
    self.target = target
  }

  /// Bytes the writer wrote and its kernel has not taken.
  var queuedCount: Int { buffer.count - arrivedCount - inFlightCount }

  /// Bytes in the two kernels.
  var kernelCount: Int { arrivedCount + inFlightCount }

  /// Adds bytes to the writer's queue.
  func append(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(bytes)
    writtenCount += bytes.count
    guard let witness = source.world.witness else { return }
    for name in witness.names(in: bytes, from: source, to: target) {
      marks.append((name, writtenCount))
      lastName = name
    }
  }

  /// Something on the way resets the connection: nothing more gets through.
  func cut() {
    isBroken = true
    if let lastName { source.world.witness?.wasCut(lastName, to: target) }
  }

  /// The kernel takes `count` bytes of the writer's queue.
  func depart(_ count: Int) {
    precondition(count > 0 && count <= queuedCount)
    inFlightCount += count
  }

  /// `count` bytes reach the reader's kernel.
  func arrive(_ count: Int) {
    precondition(count > 0 && count <= inFlightCount)
    inFlightCount -= count
    arrivedCount += count
  }

  /// Moves up to `destination.count` arrived bytes out; returns how many.
  func take(into destination: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(arrivedCount, destination.count)
    guard count > 0 else { return 0 }
    destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
    buffer.removeFirst(count)
    arrivedCount -= count
    readCount += count
    tellWitness()
    return count
  }

  private func tellWitness() {
    while let mark = marks.first, mark.end <= readCount {
      marks.removeFirst()
      source.world.witness?.wasRead(mark.name, at: target)
    }
  }

  /// Forgets what the reader's kernel holds.
  func discardArrived() {
    buffer.removeFirst(arrivedCount)
    arrivedCount = 0
  }

  /// Forgets what the writer queued.
  func discardQueued() {
    buffer.removeLast(queuedCount)
  }
}
