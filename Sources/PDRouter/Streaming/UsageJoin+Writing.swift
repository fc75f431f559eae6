internal import Vocabulary

// What is written in the place of a usage object.
extension UsageJoin {
  /// Writes the usage object at `place`, with details of prefill's where it has none if
  /// `addsDetails`; whether anything in it changed.
  func write(
    _ text: UnsafeRawBufferPointer, _ source: UnsafeRawBufferPointer, _ place: Range<Int>,
    _ dialect: Dialect, addsDetails: Bool, to buffer: inout ByteBuffer
  ) -> Bool {
    var edit = ObjectEdit(text, source, place)
    var hasDetails = false
    while let member = edit.next() {
      if member.isNamed(dialect.count) {
        put(prefill.inputTokens, member, text, &edit, to: &buffer)
      } else if member.isNamed("total_tokens") {
        put(total(text, place, dialect), member, text, &edit, to: &buffer)
      } else if member.isNamed(dialect.details) {
        hasDetails = true
        writeDetails(member, text, source, &edit, to: &buffer)
      } else {
        edit.keep(member)
      }
    }
    if addsDetails, !hasDetails, hasUsableDetails {
      edit.add(
        UnsafeRawBufferPointer(
          start: dialect.details.utf8Start, count: dialect.details.utf8CodeUnitCount),
        to: &buffer)
      writeOwnDetails(to: &buffer)
    }
    edit.finish(to: &buffer)
    return edit.hasChanges
  }

  /// Makes the value of `member` `number`, or leaves the member out when there is none.
  private func put(
    _ number: Int?, _ member: ObjectWalk.Member, _ text: UnsafeRawBufferPointer,
    _ edit: inout ObjectEdit, to buffer: inout ByteBuffer
  ) {
    guard let number else { return edit.drop(member, to: &buffer) }
    guard !isSame(text[member.value], number) else { return edit.keep(member) }
    edit.replace(member, with: number, to: &buffer)
  }

  /// Writes decode's details of the input, joined with prefill's.
  private func writeDetails(
    _ member: ObjectWalk.Member, _ text: UnsafeRawBufferPointer,
    _ source: UnsafeRawBufferPointer, _ edit: inout ObjectEdit, to buffer: inout ByteBuffer
  ) {
    switch text[member.value.lowerBound] {
    case UInt8(ascii: "{"):
      edit.enter(member, to: &buffer)
      edit.leave(hasChanges: joinDetails(text, source, member.value, to: &buffer))
    case UInt8(ascii: "n") where hasUsableDetails:
      edit.enter(member, to: &buffer)
      writeOwnDetails(to: &buffer)
      edit.leave(hasChanges: true)
    default: edit.keep(member)
    }
  }

  /// Writes decode's object of details; whether anything in it changed.
  private func joinDetails(
    _ text: UnsafeRawBufferPointer, _ source: UnsafeRawBufferPointer, _ place: Range<Int>,
    to buffer: inout ByteBuffer
  ) -> Bool {
    var edit = ObjectEdit(text, source, place)
    prefill.details.withUnsafeBytes { own in
      while let member = edit.next() {
        if member.isNamed("cached_tokens") {
          put(prefill.cachedTokens, member, text, &edit, to: &buffer)
        } else if let value = value(of: member.name, in: own, 0..<own.count),
          !value.elementsEqual(text[member.value])
        {
          edit.replace(member, with: value, to: &buffer)
        } else {
          edit.keep(member)
        }
      }
      forEachOwnDetail(own) { name, value in
        if self.value(of: name, in: text, place) != nil { return }
        edit.add(name, to: &buffer)
        buffer.append(value)
      }
    }
    edit.finish(to: &buffer)
    return edit.hasChanges
  }

  /// Whether prefill told any detail that can be passed on.
  private var hasUsableDetails: Bool {
    prefill.details.withUnsafeBytes { own in
      var count = 0
      forEachOwnDetail(own) { _, _ in count += 1 }
      return count > 0
    }
  }

  /// Writes prefill's details as an object.
  private func writeOwnDetails(to buffer: inout ByteBuffer) {
    buffer.append(UInt8(ascii: "{"))
    var isFirst = true
    prefill.details.withUnsafeBytes { own in
      forEachOwnDetail(own) { name, value in
        buffer.append(isFirst ? "\"" : ",\"" as StaticString)
        buffer.append(name)
        buffer.append("\":" as StaticString)
        buffer.append(value)
        isFirst = false
      }
    }
    buffer.append(UInt8(ascii: "}"))
  }

  /// Calls `body` with name and value of each of prefill's details that is to be believed.
  private func forEachOwnDetail(
    _ own: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
  ) {
    var walk = ObjectWalk(own, 0..<own.count)
    while let member = walk.next() {
      if member.isNamed("cached_tokens"), prefill.cachedTokens == nil { continue }
      body(member.name, UnsafeRawBufferPointer(rebasing: own[member.value]))
    }
  }

  /// The bytes of the member of that name of the object at `place`.
  private func value(
    of name: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, _ place: Range<Int>
  ) -> UnsafeRawBufferPointer? {
    var walk = ObjectWalk(text, place)
    while let member = walk.next() {
      if member.name.elementsEqual(name) {
        return UnsafeRawBufferPointer(rebasing: text[member.value])
      }
    }
    return nil
  }
}
