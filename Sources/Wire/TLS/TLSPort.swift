internal import Vocabulary

/// What the library's half of a session reads from and writes to, and what it has noted.
///
/// Lives at a fixed address as long as its session. Input and output are lent for one call.
struct TLSPort {
  /// What came and has not been read.
  var input: UnsafeRawBufferPointer
  /// Where records go; nil between calls.
  var output: UnsafeMutablePointer<ByteBuffer>?
  /// Whose certificate was refused, if one was.
  var refusedSubject: String?
  /// Where tickets are kept, on the client's side.
  var resumption: TLSResumption?
  /// The context of the session.
  let context: TLSContext

  init(context: TLSContext) {
    self.context = context
    input = UnsafeRawBufferPointer(start: nil, count: 0)
  }
}
