import JSONFields
import KVTransfer
import Vocabulary

/// The pull connector, but for how its handles are given back.
struct ConnectorStub: KVConnector {
  let means: KVReleaseMeans
  private let base = NIXLConnector()

  init(means: KVReleaseMeans) {
    self.means = means
  }

  var name: KVConnectorName { base.name }
  var leaseDuration: Duration { base.leaseDuration }
  var decodeCanPrefill: Bool { base.decodeCanPrefill }
  var pairsByRequestID: Bool { base.pairsByRequestID }
  let namesRanks = false

  func releaseMeans(of parameters: UnsafeRawBufferPointer) -> KVReleaseMeans { means }

  func abortsWhileWaiting(with parameters: UnsafeRawBufferPointer) -> Bool { true }

  func order(of handOver: KVHandOver) -> LegOrder { base.order(of: handOver) }

  func appendRequestID(of handOver: KVHandOver, to target: inout ByteBuffer) {}

  func planPrefill(
    of body: UnsafeRawBufferPointer, fields: borrowing JSONFields, shape: BodyShape,
    handOver: KVHandOver, scratch: inout ByteBuffer, into edits: inout BodyEdits
  ) throws(JSONError) {}

  func appendParameters(of handOver: KVHandOver, to target: inout ByteBuffer) {}

  func appendParameters(
    from answer: PrefillAnswer, in bytes: UnsafeRawBufferPointer, of handOver: KVHandOver,
    to target: inout ByteBuffer
  ) {}

  func planDecode(parameters: UnsafeRawBufferPointer, into edits: inout BodyEdits) {}

  func readPrefillAnswer(_ answer: UnsafeRawBufferPointer) throws(JSONError) -> PrefillAnswer {
    try base.readPrefillAnswer(answer)
  }
}
