/// Why a connection of HTTP/2 ends before its time; one case for each reason.
///
/// GOAWAY with `code` is on its way when one is thrown. `label` is for metrics, `message` for logs.
public enum HTTP2Error: Error, Equatable, Sendable {
  /// The peer broke the protocol; the code is what GOAWAY says.
  case protocolViolation(HTTP2ErrorCode)
  /// The first bytes are not the preface of HTTP/2 (RFC 9113 §3.4).
  case badPreface
  /// A header block over twice `HTTP2Settings.headerListBytes`.
  case headerListFlood
  /// A header block in too many CONTINUATION frames (`HTTP2Settings.continuations`).
  case continuationFlood
  /// More settings in a frame than `HTTP2Settings.settingsEntries`.
  case settingsEntriesFlood
  /// Streams opened and reset, or broken, faster than `HTTP2FloodBudgets.resets`.
  case resetFlood
  /// PING over `HTTP2FloodBudgets.pings`.
  case pingFlood
  /// SETTINGS over `HTTP2FloodBudgets.settings`.
  case settingsFlood
  /// PRIORITY over `HTTP2FloodBudgets.priorities`.
  case priorityFlood
  /// WINDOW_UPDATE over `HTTP2FloodBudgets.windowUpdates`.
  case windowUpdateFlood
  /// DATA frames without data over `HTTP2FloodBudgets.emptyData`.
  case emptyDataFlood
  /// Frames for no live stream over `HTTP2FloodBudgets.strayFrames`.
  case strayFrameFlood
  /// More bytes that mean nothing (unknown frames, DATA of streams that are not open) than
  /// `HTTP2FloodBudgets.idleBytes` beyond those that mean something.
  case idleByteFlood
  /// The peer asks for answers of the protocol itself and does not take them: over
  /// `HTTP2Settings.queuedControlFrames`.
  case outputFlood
  /// `HTTP2-Settings` of an upgrade is malformed (RFC 7540 §3.2.1).
  case invalidUpgrade
  /// The C library could not get memory.
  case outOfMemory
  /// The C library failed otherwise; its own number.
  case libraryFailure(Int32)

  /// What GOAWAY says.
  public var code: HTTP2ErrorCode {
    switch self {
    case .protocolViolation(let code): code
    case .badPreface, .invalidUpgrade: .protocolError
    case .outOfMemory, .libraryFailure: .internalError
    default: .enhanceYourCalm
    }
  }

  /// The reason as a label of a metric: one of a fixed few.
  public var label: StaticString {
    switch self {
    case .protocolViolation(let code): HTTP2Error.label(of: code)
    case .badPreface: "bad_preface"
    case .headerListFlood: "header_list_flood"
    case .continuationFlood: "continuation_flood"
    case .settingsEntriesFlood, .settingsFlood: "settings_flood"
    case .resetFlood: "reset_flood"
    case .pingFlood: "ping_flood"
    case .priorityFlood: "priority_flood"
    case .windowUpdateFlood: "window_update_flood"
    case .emptyDataFlood: "empty_data_flood"
    case .strayFrameFlood: "stray_frame_flood"
    case .idleByteFlood: "idle_byte_flood"
    case .outputFlood: "output_flood"
    case .invalidUpgrade: "invalid_upgrade"
    case .outOfMemory: "out_of_memory"
    case .libraryFailure: "library_failure"
    }
  }

  /// Every label there is.
  public static let labels: [StaticString] = [
    "protocol_error", "flow_control_error", "stream_closed", "frame_size_error",
    "compression_error", "other_error", "bad_preface", "header_list_flood", "continuation_flood",
    "settings_flood", "reset_flood", "ping_flood", "priority_flood", "window_update_flood",
    "empty_data_flood", "stray_frame_flood", "idle_byte_flood", "output_flood", "invalid_upgrade",
    "out_of_memory", "library_failure",
  ]

  /// What happened, one sentence without a full stop.
  public var message: StaticString {
    switch self {
    case .protocolViolation(let code): HTTP2Error.message(of: code)
    case .badPreface: "the connection does not begin as HTTP/2 does"
    case .headerListFlood: "a header block is far beyond the limit"
    case .continuationFlood: "a header block comes in too many CONTINUATION frames"
    case .settingsEntriesFlood: "a SETTINGS frame has too many entries"
    case .resetFlood: "too many streams are reset or broken"
    case .pingFlood: "there are too many PING frames"
    case .settingsFlood: "there are too many SETTINGS frames"
    case .priorityFlood: "there are too many PRIORITY frames"
    case .windowUpdateFlood: "there are too many WINDOW_UPDATE frames"
    case .emptyDataFlood: "there are too many DATA frames without data"
    case .strayFrameFlood: "there are too many frames for streams that are not open"
    case .idleByteFlood: "too many bytes mean nothing"
    case .outputFlood: "answers of the protocol itself are asked for and not taken"
    case .invalidUpgrade: "HTTP2-Settings is malformed"
    case .outOfMemory: "there is no memory"
    case .libraryFailure: "nghttp2 failed"
    }
  }

  private static func label(of code: HTTP2ErrorCode) -> StaticString {
    switch code {
    case .protocolError: "protocol_error"
    case .flowControlError: "flow_control_error"
    case .streamClosed: "stream_closed"
    case .frameSizeError: "frame_size_error"
    case .compressionError: "compression_error"
    default: "other_error"
    }
  }

  private static func message(of code: HTTP2ErrorCode) -> StaticString {
    switch code {
    case .flowControlError: "the peer sent more than its windows allow"
    case .streamClosed: "a frame came for a stream that had ended"
    case .frameSizeError: "a frame has an impossible size"
    case .compressionError: "a header block cannot be decoded"
    default: "the peer broke the protocol"
    }
  }
}
