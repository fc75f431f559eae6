/// How long each wait may last.
public struct Timeouts: Sendable, Equatable {
  /// A whole request, from its last byte received to its answer's last byte: 504. Baseline: 1800 s.
  public var request: Duration = .seconds(1800)
  /// A prefill leg, to the end of its answer: another prefill worker is tried.
  /// (`--prefill-timeout-secs`)
  public var prefill: Duration = .seconds(600)
  /// A prefill leg whose client has left: it is closed after all.
  public var unwinding: Duration = .seconds(30)
  /// How long a decode engine whose client has left may take what prefill has just written.
  public var handOverGrace: Duration = .milliseconds(200)
  /// Connecting to a worker, name resolution included: the next worker is tried.
  /// (`--connect-timeout-secs`)
  public var connect: Duration = .seconds(5)
  /// From the leg that is answered to the client written to its answer's head: the leg is closed
  /// and the request tried elsewhere; zero for no limit. (`--first-byte-timeout-secs`)
  public var firstByte: Duration = .zero
  /// Silence within an answer that has begun, while the client takes it: the leg is closed; zero
  /// for no limit. Long, since engines say nothing while a request is preempted.
  /// (`--stream-idle-timeout-secs`)
  public var streamIdle: Duration = .seconds(300)
  /// A client's TLS handshake, from the connection on: closed. (`--tls-handshake-timeout-secs`)
  public var tlsHandshake: Duration = .seconds(10)
  /// A client's request head from its first byte: 408. (`--client-header-timeout-secs`)
  public var requestHead: Duration = .seconds(60)
  /// Silence inside a client's request body: 408. The whole body may last as long, and a second
  /// more for each `slowestBodyRate` bytes of it. (`--client-body-timeout-secs`)
  public var requestBodyIdle: Duration = .seconds(60)
  /// Bytes a second that a client must send of a body in the long run, so that one that sends a
  /// byte a minute does not keep its connection.
  public var slowestBodyRate = 512
  /// A client connection without a request: closed. (`--client-idle-timeout-secs`)
  public var clientIdle: Duration = .seconds(75)
  /// An idle worker connection: closed; zero keeps none. Below the 5 s after which uvicorn closes
  /// its side. (`--pool-idle-timeout-secs`)
  public var workerIdle: Duration = .seconds(3)
  /// A client that takes nothing of what it was sent: closed. nginx's `send_timeout`.
  /// (`--client-send-timeout-secs`)
  public var answerStall: Duration = .seconds(60)
  /// Reading on after an error was sent, so that the client gets to read it.
  public var linger: Duration = .seconds(2)
  /// After SIGTERM, how long the port stays open while `/readiness` says no.
  /// (`--drain-settle-secs`)
  public var settle: Duration = .zero
  /// After that, how long live requests may go on. (`--shutdown-grace-period-secs`)
  public var shutdownGrace: Duration = .seconds(180)

  /// The defaults.
  public init() {}
}
