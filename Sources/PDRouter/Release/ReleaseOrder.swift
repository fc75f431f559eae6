internal import KVTransfer
internal import Vocabulary
final class ReleaseOrder {
  let handle: KVHandleID
  let reason: KVReleaseReason
  let isChat: Bool
  var model = ByteBuffer()
  var requestID = ByteBuffer()
  var authorization = ByteBuffer()
  init(handle: KVHandleID, reason: KVReleaseReason, isChat: Bool) {
    self.handle = handle
    self.reason = reason
    self.isChat = isChat
  }
}
