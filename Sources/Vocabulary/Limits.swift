/// A limit on everything that outside parties can make grow, with what happens when it is full.
public struct Limits: Sendable, Equatable {
  /// Open client connections; one more is closed at once. (`--max-connections`)
  public var clientConnections = 65_536
  /// Requests on one client connection, after which it is closed; 0 for any number.
  /// (`--max-requests-per-connection`)
  public var requestsPerConnection = 0
  /// Bytes of a client's request head; more is answered 431. (`--max-header-bytes`)
  public var headBytes = 64 * 1024
  /// Fields of a client's request head; more is answered 431. (`--max-header-count`)
  public var headerCount = 128
  /// Bytes of one request body; more is answered 413. (`--max-payload-size`)
  public var requestBodyBytes = 512 * 1024 * 1024
  /// Bytes of one prefill answer, which is held whole; more fails the leg.
  public var prefillAnswerBytes = 64 * 1024 * 1024
  /// Bytes of an answer held back while it may still be replaced by another worker's; beyond it the
  /// answer begins and can no longer be retried.
  public var heldAnswerBytes = 64 * 1024
  /// Bytes queued towards one client before the worker's stream is no longer read.
  public var clientHighWatermarkBytes = 64 * 1024
  /// Bytes queued towards one client at which the worker's stream is read again.
  public var clientLowWatermarkBytes = 16 * 1024
  /// Bytes of further requests a client may send ahead while one is being answered.
  public var pipelinedBytes = 64 * 1024
  /// Connections to one worker from one loop; a request beyond it is answered 503.
  public var connectionsPerWorker = 32_768
  /// Idle connections kept to one worker by one loop; more are closed.
  public var idleConnectionsPerWorker = 1_024
  /// Workers tried for one request, the first included.
  public var attemptsPerRequest = 3
  /// Further attempts that each request may cause, on average, once the reserve is used up.
  public var retryShare = 0.2
  /// Further attempts that are possible at once however little traffic there is.
  public var retryReserve = 64
  /// Prompts up to this many tokens are one step of a prefill engine, which cannot be interrupted:
  /// their leg is let to its end when the client leaves (vLLM's `max_num_batched_tokens`).
  public var prefillStepTokens = 2048
  /// Requests in flight on one loop; one more is answered 503.
  public var requestsInFlight = 65_536

  /// The defaults.
  public init() {}
}

/// How long each wait may last.
public struct Timeouts: Sendable, Equatable {
  /// A whole request, from its last byte received to its answer's last byte: 504. Baseline: 1800 s.
  public var request: Duration = .seconds(1800)
  /// A prefill leg, to the end of its answer: another prefill worker is tried.
  public var prefill: Duration = .seconds(600)
  /// A prefill leg whose client has left: it is closed after all.
  public var unwinding: Duration = .seconds(30)
  /// How long a decode engine whose client has left may take what prefill has just written.
  public var handOverGrace: Duration = .milliseconds(200)
  /// Connecting to a worker, name resolution included: the next worker is tried.
  public var connect: Duration = .seconds(5)
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
  /// An idle worker connection: closed. Below the 5 s after which uvicorn closes its side.
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
