/// The header fields of one head, in the order of arrival; storage is kept from head to head.
///
/// Owns one heap block of 20 bytes a field, got with the first field and doubled when full, so a
/// connection allocates for its first head and not for the following ones. It has no limit of its
/// own: the parser that fills it has one. Not thread-safe.
public struct HeaderTable: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<HeaderField>?
  @usableFromInline var capacity: Int
  /// How many fields it holds.
  public internal(set) var count: Int
  /// The known names among them, a bit each, so that most that are asked for need no look.
  @usableFromInline var names: UInt64 = 0

  /// An empty table that owns no memory yet.
  public init() {
    base = nil
    capacity = 0
    count = 0
  }

  deinit {
    base?.deallocate()
  }

  /// Whether it holds no field.
  @inlinable
  public var isEmpty: Bool { count == 0 }

  /// The field at `index`, which is below `count`.
  @inlinable
  public subscript(index: Int) -> HeaderField {
    precondition(index >= 0 && index < count)
    return base![index]
  }

  /// The first field with a known name, or nil; never asked for `.other`.
  @inlinable
  public func first(_ known: HeaderName) -> HeaderField? {
    precondition(known != .other)
    guard names & known.bit != 0 else { return nil }
    for index in 0..<count where base![index].known == known {
      return base![index]
    }
    return nil
  }

  /// Adds `field` after the last one.
  @inline(__always)
  public mutating func append(_ field: HeaderField) {
    if count == capacity { grow() }
    (base.unsafelyUnwrapped + count).initialize(to: field)
    names |= field.known.bit
    count &+= 1
  }

  /// Whether a field of that known name is there.
  @inlinable
  public func has(_ known: HeaderName) -> Bool {
    precondition(known != .other)
    return names & known.bit != 0
  }

  /// Forgets every field; keeps the storage.
  @inlinable
  public mutating func removeAll() {
    forget()
  }

  @usableFromInline
  mutating func forget() {
    count = 0
    names = 0
  }

  /// The field at `index`, which the caller knows to be below `count`.
  @inline(__always)
  func unchecked(_ index: Int) -> HeaderField {
    assert(index >= 0 && index < count)
    return base.unsafelyUnwrapped[index]
  }

  /// Notes that `Connection` names the field at `index`.
  mutating func markNamedByConnection(_ index: Int) {
    precondition(index >= 0 && index < count)
    base![index].isNamedByConnection = true
  }

  @inline(never)
  private mutating func grow() {
    let wanted = max(capacity * 2, 32)
    let block = UnsafeMutablePointer<HeaderField>.allocate(capacity: wanted)
    if let base {
      block.moveInitialize(from: base, count: count)
      base.deallocate()
    }
    base = block
    capacity = wanted
  }
}
