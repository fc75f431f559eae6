/// What travels along one direction of a connection, in order.
enum Packet: Equatable {
  /// The client asks for a connection (SYN).
  case open
  /// The listener's answer (SYN, ACK).
  case accepted
  /// Nobody listens (RST to a SYN).
  case refused
  /// So many of the pipe's bytes.
  case data(Int)
  /// The reader of the opposite direction made room.
  case window
  /// The writer will send no more (FIN).
  case end
  /// The connection is no more (RST).
  case reset
  /// A keep-alive probe.
  case probe

  /// A small number for the trace hash.
  var traceCode: UInt64 {
    switch self {
    case .open: 1
    case .accepted: 2
    case .refused: 3
    case .data(let count): 4 | UInt64(count) << 8
    case .window: 5
    case .end: 6
    case .reset: 7
    case .probe: 8
    }
  }
}
