internal import JSONFields

extension EngineFaults {
  /// Sets faults from the body of `POST /fault`.
  ///
  /// The body is one fault or an array of them; an empty array clears. A fault is an object with
  /// `kind` (`refuse`, `hang`, `stall`, `die`, `slow`, `status`, `malformed`, `truncate`,
  /// `error_event`, `abort`, `lie`, `core_death`), `count` (for the next so many only) and
  /// `probability`. `die` has `at` (`accept`, `request`, `before_head`, `after_head`,
  /// `after_tokens`, `after_handle`); `after_tokens`, `truncate`, `error_event` and `abort` have
  /// `tokens`; `slow` has `factor`; `status` has `status`, `body` and `retry_after`; `lie` has `as`
  /// (`null`, `nameless`, `wrong_type`, `garbage`, `stale`, `stranger`). Throws a 400 that names
  /// the fault it cannot read, and then changes nothing.
  package mutating func set(json body: UnsafeRawBufferPointer) throws(EngineRefusal) {
    let value: JSONValue
    do {
      value = try JSONValue(validating: body)
    } catch {
      throw .badRequest("not JSON: \(error.message)")
    }
    var faults: [EngineFault] = []
    if value.kind == .object {
      faults.append(try EngineFaults.fault(value))
    } else if value.kind == .array {
      for element in value.elements { faults.append(try EngineFaults.fault(element)) }
    } else {
      throw .badRequest("a fault is an object, several are an array")
    }
    set(faults)
  }

  private static func fault(_ value: JSONValue) throws(EngineRefusal) -> EngineFault {
    guard let kind = kind(value) else {
      throw .badRequest("unknown fault", parameter: value["kind"]?.string)
    }
    let count = value["count"]?.integer
    let probability = value["probability"]?.double ?? 1
    guard count ?? 0 >= 0, (0...1).contains(probability) else {
      throw .badRequest("count is from 0 and probability from 0 to 1", parameter: "count")
    }
    return EngineFault(kind, remaining: count, probability: probability)
  }

  private static func kind(_ value: JSONValue) -> EngineFault.Kind? {
    let tokens = max(0, value["tokens"]?.integer ?? 0)
    switch value["kind"]?.string {
    case "refuse": return .refuse
    case "hang": return .hang
    case "stall": return .stall
    case "die": return moment(value, tokens: tokens).map { .die($0) }
    case "slow":
      guard let factor = value["factor"]?.double, factor > 0, factor < 1e6 else { return nil }
      return .slow(factor)
    case "status":
      guard let status = value["status"]?.integer, (200...599).contains(status) else { return nil }
      return .status(
        status, body: value["body"]?.string ?? "",
        retryAfter: value["retry_after"]?.integer)
    case "malformed": return .malformed
    case "truncate": return .truncate(afterTokens: tokens)
    case "error_event": return .errorEvent(afterTokens: tokens)
    case "abort": return .abort(afterTokens: tokens)
    case "lie": return value["as"]?.string.flatMap(EngineLie.init(rawValue:)).map { .lie($0) }
    case "core_death": return .coreDeath
    default: return nil
    }
  }

  private static func moment(_ value: JSONValue, tokens: Int) -> EngineFault.Moment? {
    switch value["at"]?.string {
    case "accept": .accept
    case "request": .request
    case "before_head": .beforeHead
    case "after_head": .afterHead
    case "after_tokens": .afterTokens(tokens)
    case "after_handle": .afterHandle
    default: nil
    }
  }
}
