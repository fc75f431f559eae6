internal import Vocabulary

/// The answer to `GET /v1/models`: what clients may ask for here, in the engines' own words.
///
/// The union over all workers that may be chosen, each model once and as the first of them lists
/// it, in the order of the workers. Where pools are split, only models that both roles serve, as
/// long as a prefill worker says what it serves.
enum ModelListing {
  /// Appends the list.
  ///
  /// - Returns: false when nobody has said anything; nothing is appended then.
  static func append(_ workers: [Worker], to body: inout ByteBuffer) -> Bool {
    let eligible = workers.filter(\.isEligible)
    let servers = eligible.filter { $0.role != .prefill }.compactMap(\.models)
    guard !servers.isEmpty else { return false }
    let prefills = eligible.filter { $0.role != .decode }
    let catalogues = prefills.compactMap(\.models)
    // One that has said nothing may serve anything.
    let isLimited = !prefills.isEmpty && catalogues.count == prefills.count
    var seen: Set<UInt64> = []
    body.append("{\"object\":\"list\",\"data\":[")
    for entry in servers.lazy.flatMap(\.entries) {
      let name = ModelName.number(entry.id)
      guard !isLimited || catalogues.contains(where: { $0.lists(name) }) else { continue }
      guard seen.insert(name).inserted else { continue }
      if seen.count > 1 { body.append(UInt8(ascii: ",")) }
      entry.object.withUnsafeBytes { body.append($0) }
    }
    body.append("]}")
    return true
  }
}
