internal import PDRouter
internal import Vocabulary
internal import Wire

/// One message to another engine and its reply; reused for one message after another.
final class SideChannelCall: LegObserver {
  private unowned let channel: SideChannel
  private lazy var leg = Leg(observer: self)
  private var body = ByteBuffer()
  private var answer = ByteBuffer()
  private var pool: WorkerPool?
  private var whenDone: ((SideChannelReply?) -> Void)?

  init(channel: SideChannel) {
    self.channel = channel
  }

  /// Sends `message` over a connection of `pool`.
  func start(
    _ message: SideChannelMessage, pool: WorkerPool,
    whenDone: @escaping (SideChannelReply?) -> Void
  ) {
    precondition(self.whenDone == nil, "a call carries one message at a time")
    self.whenDone = whenDone
    self.pool = pool
    body.removeAll()
    answer.removeAll()
    message.write(to: &body)
    if !pool.start(leg) { end(nil) }
  }

  /// Gives the message up; nobody hears of it.
  func cancel() {
    whenDone = nil
    leg.cancel()
  }

  func legIsReady(_ leg: Leg) {
    var head = ByteBuffer(capacity: 128)
    head.append(
      "POST \(SideChannel.path) HTTP/1.1\r\nhost: kv\r\ncontent-length: \(body.count)\r\n\r\n")
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2) { pieces in
      pieces.initializeElement(at: 0, to: head.bytes)
      pieces.initializeElement(at: 1, to: body.bytes)
      leg.send(UnsafeBufferPointer(pieces))
    }
  }

  func legDidReceiveHead(_ leg: Leg) {}

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {
    answer.append(bytes)
  }

  func legDidEnd(_ leg: Leg) {
    end(leg.head.status == 200 ? SideChannelReply(json: answer.bytes) : nil)
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    end(nil)
  }

  private func end(_ reply: SideChannelReply?) {
    let done = whenDone
    whenDone = nil
    channel.giveBack(self)
    done?(reply)
  }
}
