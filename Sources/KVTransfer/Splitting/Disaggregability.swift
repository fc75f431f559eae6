public import JSONFields

/// Whether a request may be split into a prefill and a decode leg.
///
/// A pure function of the endpoint's shape and the body's fields. Where it is not plain that
/// splitting is right, the answer is whole: one engine serving the request by itself is always
/// right, only slower. `max_tokens` 1 is split: decode adds one cheap step and a transfer, while
/// the prompt stays off the decode engines, which is what splitting is for.
public enum Disaggregability: Hashable, Sendable {
  /// Prefill and decode may be two engines.
  case splittable
  /// One decode worker serves it alone.
  case whole(WholeReason)

  /// The verdict on a request to an endpoint of `shape` whose `body` has these `fields`.
  public init(of fields: borrowing JSONFields, in body: UnsafeRawBufferPointer, shape: BodyShape) {
    var reason = SplitVeto.answers(fields, body) ?? SplitVeto.prompt(fields, body, shape)
    if reason == nil { reason = SplitVeto.limits(fields, body, shape) }
    if reason == nil, shape == .responses { reason = SplitVeto.responses(body) }
    self = reason.map { .whole($0) } ?? .splittable
  }

  /// Why the request is served whole, if it is.
  public var wholeReason: WholeReason? {
    switch self {
    case .splittable: nil
    case .whole(let reason): reason
    }
  }
}
