/// The identity of one accepted request on one engine; never reused.
package struct EngineRequestID: Hashable, Sendable, Comparable {
  /// The order of acceptance, from 0.
  package let number: Int

  /// The order of acceptance.
  package static func < (left: EngineRequestID, right: EngineRequestID) -> Bool {
    left.number < right.number
  }
}
