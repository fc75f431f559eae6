internal import EventLoop
internal import Vocabulary

/// A server that answers every request at once with fixed bytes, so that it costs next to nothing.
///
/// Confined to its loop's thread. Connections live as long as their clients keep them.
final class CannedBackend: ListenerHandler {
  private let answers: CannedAnswers
  private var listeners: [any Listener] = []

  /// A backend that listens nowhere yet.
  init(answers: CannedAnswers) {
    self.answers = answers
  }

  /// Opens a port; returns its address.
  func listen(on address: HostAndPort, loop: any Loop) throws(StreamError) -> HostAndPort {
    let listener = try loop.listen(on: address, options: ListenerOptions(), handler: self)
    listeners.append(listener)
    return listener.address
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    stream.handler = CannedConnection(stream: stream, answers: answers)
  }
}
