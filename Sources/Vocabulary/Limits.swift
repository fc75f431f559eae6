/// A limit on everything that outside parties can make grow, with what happens when it is full.
public struct Limits: Sendable, Equatable {
  /// Open client connections; one more is closed at once. (`--max-connections`)
  public var clientConnections = 65_536
  /// TLS handshakes of clients that are under way on one loop; one more ends the oldest.
  /// (`--tls-max-handshakes`)
  public var tlsHandshakes = 8_192
  /// Requests on one client connection, after which it is closed; 0 for any number.
  /// (`--max-requests-per-connection`)
  public var requestsPerConnection = 0
  /// Bytes of a client's request head; more is answered 431. (`--max-header-bytes`)
  public var headBytes = 64 * 1024
  /// Fields of a client's request head; more is answered 431. (`--max-header-count`)
  public var headerCount = 128
  /// Bytes of one request body; more is answered 413. (`--max-payload-size`)
  public var requestBodyBytes = 512 * 1024 * 1024
  /// Bytes of a body that is gathered whole although it is only passed on; a larger one is passed
  /// on as it comes, and cannot be sent twice.
  public var gatheredBodyBytes = 64 * 1024
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
  /// Further attempts that each request may cause, on average, once the reserve is used up.
  public var retryShare = 0.2
  /// Further attempts that are possible at once however little traffic there is.
  public var retryReserve = 64
  /// Prompts up to this many tokens are one step of a prefill engine, which cannot be interrupted:
  /// their leg is let to its end when the client leaves (vLLM's `max_num_batched_tokens`).
  public var prefillStepTokens = 2048

  /// The defaults.
  public init() {}
}
