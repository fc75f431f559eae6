internal import Vocabulary

/// Planned changes of one JSON body: fields to set, replace or remove; every other byte stays.
///
/// A plan is made of calls, then applied once; applying empties it. It may be made before the
/// body's fields are known. The last call for a field counts. New fields go to the end of their
/// object, in the order of the calls. Owns one buffer for the new bytes and two arrays, all kept
/// and reused, so that a warm plan allocates nothing. Not thread-safe. Never looks into a value it
/// does not replace, and never checks raw values it is given: those must be valid JSON.
public struct BodyEdits: ~Copyable {
  private var changes: [PlannedChange] = []
  private var splices = SpliceList()
  private var texts = ByteBuffer()

  /// An empty plan.
  public init() {}

  /// Whether nothing is planned.
  public var isEmpty: Bool { changes.isEmpty }

  /// The fields that the plan removes; nil when it does more than that, or something in a nested
  /// object.
  public var removals: JSONFields.KeySet? {
    var keys = JSONFields.KeySet()
    for change in changes {
      guard change.action == .remove, change.nested == nil else { return nil }
      keys.insert(change.key)
    }
    return keys
  }

  /// Sets `key` to the JSON text `raw`, whether or not the body has it.
  public mutating func set(_ key: JSONFields.Key, to raw: StaticString) {
    plan(key, .set, in: nil) { $0.append(raw) }
  }

  /// Sets `key` to the JSON text `bytes` (copied), whether or not the body has it.
  public mutating func set(_ key: JSONFields.Key, toRaw bytes: UnsafeRawBufferPointer) {
    plan(key, .set, in: nil) { $0.append(bytes) }
  }

  /// Sets `key` to a number, whether or not the body has it.
  public mutating func set(_ key: JSONFields.Key, toInteger number: Int) {
    plan(key, .set, in: nil) { $0.append(decimal: number) }
  }

  /// Sets `key` to a string (escaped here), whether or not the body has it.
  public mutating func set(_ key: JSONFields.Key, toString text: String) {
    plan(key, .set, in: nil) { $0.append(jsonString: text) }
  }

  /// Sets `key` to the JSON text `raw` if the body has it, and does nothing otherwise.
  public mutating func setIfPresent(_ key: JSONFields.Key, to raw: StaticString) {
    plan(key, .setIfPresent, in: nil) { $0.append(raw) }
  }

  /// Sets `key` to a number if the body has it, and does nothing otherwise.
  public mutating func setIfPresent(_ key: JSONFields.Key, toInteger number: Int) {
    plan(key, .setIfPresent, in: nil) { $0.append(decimal: number) }
  }

  /// Removes `key` and one comma if the body has it.
  public mutating func remove(_ key: JSONFields.Key) {
    plan(key, .remove, in: nil) { _ in }
  }

  /// Forgets the plan; keeps memory for the next one, the buffer only up to `limit` bytes.
  public mutating func removeAll(keepingCapacityUpTo limit: Int = 64 * 1024) {
    changes.removeAll(keepingCapacity: true)
    splices.removeAll()
    texts.removeAll(keepingCapacityUpTo: limit)
  }

  /// Carries the plan out on `body`, whose fields are `fields`, and leaves the plan empty.
  ///
  /// Earlier occurrences of repeated known names are taken out too. `result` is overwritten; its
  /// memory and the plan's change places, so both stay warm.
  public mutating func apply(
    to fields: borrowing JSONFields, of body: UnsafeRawBufferPointer, into result: inout EditedBody
  ) {
    precondition(fields.range.upperBound <= body.count, "not the body that was validated")
    for duplicate in fields.table.duplicates { splices.insert(.removal(of: duplicate)) }
    for change in changes {
      let place = change.nested ?? FieldPlace(change.key, in: fields)
      if let splice = change.splice(at: place) { splices.insert(splice) }
    }
    result.take(splices, texts: &texts, of: body)
    removeAll()
  }

  /// Carries the plan out and returns a fresh result; for callers that do not reuse one.
  public mutating func apply(
    to fields: borrowing JSONFields, of body: UnsafeRawBufferPointer
  ) -> EditedBody {
    var result = EditedBody()
    apply(to: fields, of: body, into: &result)
    return result
  }

  /// Notes one change; `write` appends the new value's bytes.
  @inline(__always)
  mutating func plan(
    _ key: JSONFields.Key, _ action: PlannedChange.Action, in object: FieldPlace?,
    _ write: (inout ByteBuffer) -> Void
  ) {
    let start = texts.count
    // As a new member after another one; a replacement uses only the value.
    texts.append(",\"" as StaticString)
    texts.append(key.name)
    texts.append("\":" as StaticString)
    let value = texts.count
    write(&texts)
    precondition(action == .remove || texts.count > value, "a JSON value has at least one byte")
    let change = PlannedChange(
      key: key, action: action, nested: object, member: start..<texts.count, value: value)
    note(change)
  }

  /// Takes the repeated known names of a nested object out, once per object.
  mutating func dropDuplicates(of object: borrowing JSONFields) {
    guard object.hasDuplicates else { return }
    let close = object.range.upperBound
    if changes.contains(where: { $0.nested?.objectEnd == close }) { return }
    for duplicate in object.table.duplicates { splices.insert(.removal(of: duplicate)) }
  }

  private mutating func note(_ change: PlannedChange) {
    for index in changes.indices where changes[index].isSameField(as: change) {
      changes[index] = change
      return
    }
    changes.append(change)
  }
}
