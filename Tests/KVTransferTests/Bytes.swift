import JSONFields
import KVTransfer
import Vocabulary

/// Gives `body` the UTF-8 bytes of `text`, in memory of exactly that size.
func withBytes<Result>(
  of text: String, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
  try Array(text.utf8).withUnsafeBytes { try body($0) }
}

extension ByteBuffer {
  /// The bytes as text; ill-formed ones are replaced.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The body that comes out when `plan` is carried out on `text`.
func edited(
  _ text: String,
  _ plan: (UnsafeRawBufferPointer, borrowing JSONFields, inout BodyEdits) throws -> Void
) throws -> String {
  try withBytes(of: text) { body in
    let fields = try JSONFields(validating: body)
    var edits = BodyEdits()
    try plan(body, fields, &edits)
    let result = edits.apply(to: fields, of: body)
    var buffer = ByteBuffer()
    result.append(to: &buffer, of: body)
    _ = try JSONFields(validating: buffer.bytes)
    return buffer.text
  }
}

/// An instant this many milliseconds after the clock's start.
func at(_ milliseconds: Int64) -> Instant {
  Instant(nanoseconds: milliseconds * 1_000_000)
}

let prefillA = WorkerID(number: 0)
let prefillB = WorkerID(number: 1)
let decodeC = WorkerID(number: 7)
let decodeD = WorkerID(number: 8)

/// The identity of the engine called `name`.
func engine(_ name: String) -> KVEngineIdentity {
  withBytes(of: name) { KVEngineIdentity(engineID: $0) }
}

extension KVLedger {
  /// Holds a handle with these parameters.
  mutating func hold(
    _ id: KVHandleID, parameters: UnsafeRawBufferPointer, engine: KVEngineIdentity?, now: Instant
  ) {
    hold(id, engine: engine, now: now) { $0.append(parameters) }
  }
}

/// A hand-over between two plain workers, as far as the row does not change it.
func handOver(_ change: (inout KVHandOver) -> Void = { _ in }) -> KVHandOver {
  var handOver = KVHandOver(
    prefill: KVPeer(host: "10.0.0.1", port: 8000), decode: KVPeer(host: "10.0.0.2", port: 8000),
    shape: .chat,
    number: (high: 0x0123_4567_89AB_CDEF, low: 0x0011_2233_4455_6677),
    requestID: UnsafeRawBufferPointer(start: nil, count: 0))
  change(&handOver)
  return handOver
}

extension KVConnector {
  /// Whether decode gives everything up by itself when it was told `parameters`.
  func abortsWhileWaiting(_ parameters: String) -> Bool {
    withBytes(of: parameters) { abortsWhileWaiting(with: $0) }
  }
}
