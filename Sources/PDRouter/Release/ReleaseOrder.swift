internal import JSONFields
internal import KVTransfer
internal import Vocabulary

/// What must be known of a request to give its KV handle back when its client is gone.
///
/// Owns copies of the few bytes it needs, since the request and its exchange serve others by then.
final class ReleaseOrder {
  /// The handle; whoever has the order settles it.
  let handle: KVHandleID
  /// Why nobody uses it.
  let reason: KVReleaseReason
  /// Whether prefill made it for a chat: some engines find it only under a chat's name.
  let isChat: Bool
  /// Whether prefill's answer was never read: it may make the handle only now, or never.
  var mayNotBeMade = false
  /// The decode worker that had it, if one did.
  var decodeWorker: WorkerID?

  private var text = ByteBuffer()
  private let modelCount: Int
  private let requestIDCount: Int

  /// A longer name of a model is left out: no engine serves one.
  private static let maximumModelBytes = 4096

  /// An order with copies of the bytes given.
  ///
  /// - Parameters:
  ///   - model: the request's `model` as raw JSON; may be empty, and counts only as a string.
  ///   - requestID: the `X-Request-Id` that both legs carried.
  ///   - authorization: the value of the client's `Authorization`; may be empty.
  init(
    handle: KVHandleID, reason: KVReleaseReason, isChat: Bool, model: UnsafeRawBufferPointer,
    requestID: UnsafeRawBufferPointer, authorization: UnsafeRawBufferPointer
  ) {
    precondition(!requestID.isEmpty, "every request has an id")
    self.handle = handle
    self.reason = reason
    self.isChat = isChat
    let isName = model.count >= 2 && model[0] == UInt8(ascii: "\"")
    modelCount = isName && model.count <= ReleaseOrder.maximumModelBytes ? model.count : 0
    requestIDCount = requestID.count
    if modelCount > 0 { text.append(model) }
    text.append(requestID)
    text.append(authorization)
  }

  /// The request's `model` as raw JSON, or nothing.
  var model: UnsafeRawBufferPointer { part(0, modelCount) }

  /// The number of that name; nil where there is none.
  var modelNumber: UInt64? {
    guard modelCount > 0 else { return nil }
    return ModelName.number(at: JSONSpan(kind: .string, range: 0..<modelCount), of: model)
  }

  /// The `X-Request-Id` that both legs carried.
  var requestID: UnsafeRawBufferPointer { part(modelCount, modelCount + requestIDCount) }

  /// The value of the client's `Authorization`, or nothing.
  var authorization: UnsafeRawBufferPointer { part(modelCount + requestIDCount, text.count) }

  private func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text.bytes[start..<end])
  }
}
