internal import Vocabulary

/// What stands as `kv_transfer_params` in an answer.
package enum KVText: Hashable, Sendable {
  /// The object of these parameters.
  case parameters(KVParameters)
  /// This JSON text: how a liar answers.
  case verbatim(String)

  /// Appends the value.
  func write(to buffer: inout ByteBuffer) {
    switch self {
    case .parameters(let parameters): parameters.write(to: &buffer)
    case .verbatim(let text): buffer.append(text)
    }
  }
}
