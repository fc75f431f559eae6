/// Why a prefill answer brings no usable handle; decode then computes the prompt itself.
public enum HandleAbsence: UInt8, Sendable, CaseIterable {
  /// The answer has no `kv_transfer_params`, or null: this engine hands nothing over.
  case notGiven
  /// `kv_transfer_params` is not an object.
  case notAnObject
  /// A member is missing or null without which decode hangs, recomputes or crashes.
  case incomplete
  /// The parameters are larger than a connector accepts.
  case tooLarge

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    switch self {
    case .notGiven: "not_given"
    case .notAnObject: "not_an_object"
    case .incomplete: "incomplete"
    case .tooLarge: "too_large"
    }
  }
}
