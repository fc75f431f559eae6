internal import JSONFields
internal import Vocabulary

/// The number of the model's name that was read last, since requests mostly ask for the same one.
///
/// Of one loop. Costs a comparison of the bytes; a name longer than `ModelCatalogue.longestID` is
/// not kept.
struct ModelNameMemo {
  private var last: [UInt8] = []
  private var number: UInt64?

  /// The same as `ModelName.number(at:of:)`.
  mutating func number(at span: JSONSpan, of body: UnsafeRawBufferPointer) -> UInt64? {
    guard span.kind == .string, span.range.count > 2 else { return nil }
    let text = UnsafeRawBufferPointer(rebasing: body[span.range])
    if last.withUnsafeBytes({ text.isSame(as: $0) }) {
      return number
    }
    let number = ModelName.number(at: span, of: body)
    guard text.count <= ModelCatalogue.longestID else { return number }
    last.removeAll(keepingCapacity: true)
    last.append(contentsOf: text)
    self.number = number
    return number
  }
}
