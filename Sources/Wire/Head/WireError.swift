/// Why bytes from a peer are refused; one case for each reason.
///
/// Thrown by the parsers of both directions. `status` and `message` are what a client is told about
/// its own request; for an answer of an engine the caller has its own words.
public enum WireError: Error, Equatable, Sendable, CaseIterable {
  /// A CR that is not followed by LF.
  case bareCarriageReturn
  /// A LF that does not follow a CR.
  case bareLineFeed
  /// A NUL or another control character where text belongs.
  case controlCharacter
  /// A request line that is not method, one space, target, one space, version.
  case invalidRequestLine
  /// A method that is not a token.
  case invalidMethod
  /// A request target of no known form, or with bytes that do not belong into one.
  case invalidTarget
  /// A request for a tunnel (`CONNECT`).
  case connectNotSupported
  /// A start line whose version is not of the form `HTTP/1.1`.
  case invalidVersion
  /// A version other than 1.0 and 1.1.
  case unsupportedVersion
  /// A start line over `HTTP1Limits.startLineBytes`.
  case startLineTooLong
  /// A status line that is not version, one space, three digits, reason.
  case invalidStatusLine
  /// An answer 101, which nobody asked for.
  case unexpectedUpgrade
  /// A head over `HTTP1Limits.headBytes`.
  case headTooLarge
  /// More fields than `HTTP1Limits.headerCount`.
  case tooManyFields
  /// A line that starts with white space (obs-fold, RFC 9112 §5.2).
  case lineFolding
  /// A field line without a name.
  case emptyFieldName
  /// A field name that is not a token.
  case invalidFieldName
  /// White space between field name and colon (RFC 9112 §5.1).
  case whitespaceBeforeColon
  /// A field line without a colon.
  case missingColon
  /// An HTTP/1.1 request without `Host`.
  case missingHost
  /// More than one `Host`.
  case duplicateHost
  /// A host that is not a name or address with an optional port.
  case invalidHost
  /// A `Content-Length` that is not a decimal number in range.
  case invalidContentLength
  /// More than one `Content-Length`, equal or not.
  case duplicateContentLength
  /// Both `Content-Length` and `Transfer-Encoding`.
  case lengthAndTransferEncoding
  /// A `Transfer-Encoding` that is malformed, or where `chunked` is repeated or not last.
  case invalidTransferEncoding
  /// A transfer coding other than `chunked`.
  case unsupportedTransferEncoding
  /// `Transfer-Encoding` in an HTTP/1.0 message.
  case transferEncodingInHTTP10
  /// A malformed `Connection` field.
  case invalidConnection
  /// More names in `Connection` than `HTTP1Limits.connectionOptions`.
  case tooManyConnectionOptions
  /// An `Expect` other than `100-continue`.
  case unsupportedExpectation
  /// A chunk size that is not a hexadecimal number in range.
  case invalidChunkSize
  /// A malformed chunk extension.
  case invalidChunkExtension
  /// A chunk-size line over `HTTP1Limits.chunkExtensionBytes`.
  case chunkLineTooLong
  /// Chunk extensions over `HTTP1Limits.totalChunkExtensionBytes`.
  case chunkExtensionsTooLarge
  /// Chunk data that is not followed by CRLF.
  case missingChunkEnd
  /// Trailers over `HTTP1Limits.trailerBytes`.
  case trailersTooLarge

  /// The status code for the client that sent it (RFC 9110 §15.5, RFC 6585 §5).
  public var status: Int {
    switch self {
    case .startLineTooLong: 414
    case .unsupportedExpectation: 417
    case .headTooLarge, .tooManyFields, .tooManyConnectionOptions, .trailersTooLarge: 431
    case .connectNotSupported, .unsupportedTransferEncoding: 501
    case .unsupportedVersion: 505
    default: 400
    }
  }

  /// What the client is told, one sentence without a full stop.
  public var message: StaticString {
    switch self {
    case .bareCarriageReturn: "a CR is not followed by LF"
    case .bareLineFeed: "a line ends in LF without CR"
    case .controlCharacter: "the head holds a control character"
    case .invalidRequestLine: "the request line is malformed"
    case .invalidMethod: "the method is not a token"
    case .invalidTarget: "the request target is malformed"
    case .connectNotSupported: "CONNECT is not supported"
    case .invalidVersion: "the HTTP version is malformed"
    case .unsupportedVersion: "the HTTP version is not supported"
    case .startLineTooLong: "the request line is too long"
    case .invalidStatusLine: "the status line is malformed"
    case .unexpectedUpgrade: "the protocol was switched without being asked"
    case .headTooLarge: "the header section is too large"
    case .tooManyFields: "there are too many header fields"
    case .lineFolding: "a header line is folded or starts with white space"
    case .emptyFieldName: "a header field has no name"
    case .invalidFieldName: "a header field name is not a token"
    case .whitespaceBeforeColon: "there is white space between a header field name and its colon"
    case .missingColon: "a header line has no colon"
    case .missingHost: "the Host header field is missing"
    case .duplicateHost: "there is more than one Host header field"
    case .invalidHost: "the host is malformed"
    case .invalidContentLength: "Content-Length is not a decimal number in range"
    case .duplicateContentLength: "there is more than one Content-Length"
    case .lengthAndTransferEncoding: "there are both Content-Length and Transfer-Encoding"
    case .invalidTransferEncoding: "Transfer-Encoding is malformed or does not end in chunked"
    case .unsupportedTransferEncoding: "the transfer coding is not supported"
    case .transferEncodingInHTTP10: "Transfer-Encoding does not exist in HTTP/1.0"
    case .invalidConnection: "the Connection header field is malformed"
    case .tooManyConnectionOptions: "the Connection header field names too many fields"
    case .unsupportedExpectation: "the expectation is not supported"
    case .invalidChunkSize: "a chunk size is not a hexadecimal number in range"
    case .invalidChunkExtension: "a chunk extension is malformed"
    case .chunkLineTooLong: "a chunk size line is too long"
    case .chunkExtensionsTooLarge: "the chunk extensions are too large"
    case .missingChunkEnd: "a chunk is not followed by CRLF"
    case .trailersTooLarge: "the trailer section is too large"
    }
  }
}
