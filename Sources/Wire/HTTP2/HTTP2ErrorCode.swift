/// Why a stream or a connection was ended, as RST_STREAM and GOAWAY say it (RFC 9113 §7).
public enum HTTP2ErrorCode: Hashable, Sendable {
  /// Not an error: done, or stopped in good order.
  case noError
  /// The peer broke the protocol.
  case protocolError
  /// Something failed on the sender's side.
  case internalError
  /// The peer sent more than the windows allowed.
  case flowControlError
  /// Settings were not acknowledged in time.
  case settingsTimeout
  /// A frame came for a stream that had ended.
  case streamClosed
  /// A frame of an impossible size.
  case frameSizeError
  /// The request was not looked at: it may be sent again.
  case refusedStream
  /// The stream is no longer needed.
  case cancel
  /// The state of header compression is lost.
  case compressionError
  /// The connection behind a CONNECT broke.
  case connectError
  /// The peer makes more work than it should.
  case enhanceYourCalm
  /// The transport is not safe enough.
  case inadequateSecurity
  /// The request needs HTTP/1.1.
  case http11Required
  /// Any other code.
  case unknown(UInt32)

  /// The code that frames write as `number`.
  public init(number: UInt32) {
    self =
      number < UInt32(HTTP2ErrorCode.named.count)
      ? HTTP2ErrorCode.named[Int(number)] : .unknown(number)
  }

  /// The code as frames write it.
  public var number: UInt32 {
    switch self {
    case .noError: 0
    case .protocolError: 1
    case .internalError: 2
    case .flowControlError: 3
    case .settingsTimeout: 4
    case .streamClosed: 5
    case .frameSizeError: 6
    case .refusedStream: 7
    case .cancel: 8
    case .compressionError: 9
    case .connectError: 10
    case .enhanceYourCalm: 11
    case .inadequateSecurity: 12
    case .http11Required: 13
    case .unknown(let number): number
    }
  }

  /// The code's name in the standard, for logs; `UNKNOWN` for others.
  public var name: StaticString {
    switch self {
    case .noError: "NO_ERROR"
    case .protocolError: "PROTOCOL_ERROR"
    case .internalError: "INTERNAL_ERROR"
    case .flowControlError: "FLOW_CONTROL_ERROR"
    case .settingsTimeout: "SETTINGS_TIMEOUT"
    case .streamClosed: "STREAM_CLOSED"
    case .frameSizeError: "FRAME_SIZE_ERROR"
    case .refusedStream: "REFUSED_STREAM"
    case .cancel: "CANCEL"
    case .compressionError: "COMPRESSION_ERROR"
    case .connectError: "CONNECT_ERROR"
    case .enhanceYourCalm: "ENHANCE_YOUR_CALM"
    case .inadequateSecurity: "INADEQUATE_SECURITY"
    case .http11Required: "HTTP_1_1_REQUIRED"
    case .unknown: "UNKNOWN"
    }
  }

  private static let named: [HTTP2ErrorCode] = [
    .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout, .streamClosed,
    .frameSizeError, .refusedStream, .cancel, .compressionError, .connectError, .enhanceYourCalm,
    .inadequateSecurity, .http11Required,
  ]
}
