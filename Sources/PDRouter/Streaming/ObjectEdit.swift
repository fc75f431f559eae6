internal import Vocabulary

/// Writes one object of a JSON text again with some of its members changed, in one pass from left
/// to right; every byte that is not of a changed member stays.
///
/// The text that is read and the source that is written are of the same length and agree wherever
/// JSON is: the text may have white space where the source has line prefixes of an event. Each
/// member that `next` gives is followed by one call of `keep`, `replace`, `drop` or `enter`. Never
/// allocates but in the buffer.
struct ObjectEdit {
  private let source: UnsafeRawBufferPointer
  private var walk: ObjectWalk
  private let end: Int
  /// Up to where the source is written or left out.
  private var done: Int
  /// After the last member that was kept or dropped; at first, after the opening brace.
  private var lastEnd: Int
  private var hasMembers = false
  /// Whether any member was changed.
  private(set) var hasChanges = false

  /// An edit of the object at `place` of validated `text`; nothing before it is written.
  init(_ text: UnsafeRawBufferPointer, _ source: UnsafeRawBufferPointer, _ place: Range<Int>) {
    precondition(text.count == source.count && text[place.lowerBound] == UInt8(ascii: "{"))
    self.source = source
    walk = ObjectWalk(text, place)
    end = place.upperBound
    done = place.lowerBound
    lastEnd = place.lowerBound + 1
  }

  /// The next member; nil at the end.
  mutating func next() -> ObjectWalk.Member? {
    walk.next()
  }

  /// Leaves `member` as it is.
  mutating func keep(_ member: ObjectWalk.Member) {
    // Members before it were dropped: the comma goes with them.
    if !hasMembers, done == lastEnd { done = member.start }
    hasMembers = true
    lastEnd = member.value.upperBound
  }

  /// Leaves `member` out, with one comma.
  mutating func drop(_ member: ObjectWalk.Member, to buffer: inout ByteBuffer) {
    write(upTo: lastEnd, to: &buffer)
    done = member.value.upperBound
    lastEnd = done
    hasChanges = true
  }

  /// Gives `member` the value that is `number`.
  mutating func replace(
    _ member: ObjectWalk.Member, with number: Int, to buffer: inout ByteBuffer
  ) {
    enter(member, to: &buffer)
    buffer.append(decimal: number)
    leave(hasChanges: true)
  }

  /// Gives `member` the value with these bytes.
  mutating func replace(
    _ member: ObjectWalk.Member, with bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
  ) {
    enter(member, to: &buffer)
    buffer.append(bytes)
    leave(hasChanges: true)
  }

  /// Writes up to the value of `member`, which the caller writes before it calls `leave`.
  mutating func enter(_ member: ObjectWalk.Member, to buffer: inout ByteBuffer) {
    keep(member)
    write(upTo: member.value.lowerBound, to: &buffer)
    done = lastEnd
  }

  /// The value of the entered member was written.
  mutating func leave(hasChanges: Bool) {
    if hasChanges { self.hasChanges = true }
  }

  /// Begins a new member after the last one; the caller writes its value.
  mutating func add(_ name: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
    write(upTo: lastEnd, to: &buffer)
    buffer.append(hasMembers ? ",\"" : "\"" as StaticString)
    buffer.append(name)
    buffer.append("\":" as StaticString)
    hasMembers = true
    hasChanges = true
  }

  /// Writes the rest of the object.
  mutating func finish(to buffer: inout ByteBuffer) {
    precondition(walk.isIntact, "an edit is of a validated text")
    write(upTo: end, to: &buffer)
  }

  private mutating func write(upTo place: Int, to buffer: inout ByteBuffer) {
    guard place > done else { return }
    buffer.append(UnsafeRawBufferPointer(rebasing: source[done..<place]))
    done = place
  }
}
