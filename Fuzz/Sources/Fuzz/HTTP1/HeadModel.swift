internal import Wire

/// A head read the slow way, by lines: what an accepted one must agree with.
///
/// Knows nothing of what is refused and why, only what any other reader would take an accepted head
/// to say; where the two differ, requests can be smuggled.
struct HeadModel {
  let startLine: [UInt8]
  let fields: [(name: String, value: [UInt8])]

  /// Reads `head`, which is whole, with an empty line before it if there is one.
  init(_ head: UnsafeRawBufferPointer) {
    var rest = head[...]
    if rest.starts(with: [0x0D, 0x0A]) { rest = rest.dropFirst(2) }
    var lines: [[UInt8]] = [[]]
    while let byte = rest.popFirst() {
      guard byte == 0x0D else {
        precondition(byte == 0x09 || (byte >= 0x20 && byte != 0x7F), "a control character")
        lines[lines.count - 1].append(byte)
        continue
      }
      precondition(rest.popFirst() == 0x0A, "a bare CR")
      lines.append([])
    }
    precondition(lines.count >= 3 && lines.suffix(2).allSatisfy(\.isEmpty), "no empty line")
    startLine = lines[0]
    fields = lines[1..<lines.count - 2].map { line in
      let colon = line.firstIndex(of: UInt8(ascii: ":"))
      precondition(colon != nil, "no colon, or an empty line within the head")
      return (
        String(decoding: line[..<colon!], as: UTF8.self).lowercased(),
        HeadModel.trimmed(line[(colon! + 1)...])
      )
    }
  }

  /// All values of the fields called `name`.
  func values(of name: String) -> [String] {
    fields.filter { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  /// How the body ends by the fields alone; nil when they do not say.
  var framing: BodyFraming? {
    let codings = values(of: "transfer-encoding")
    if codings.count == 1, codings[0].lowercased() == "chunked" { return .chunked }
    precondition(codings.isEmpty, "an odd transfer coding was accepted")
    return values(of: "content-length").first.flatMap { Int($0) }.map { .length($0) }
  }

  /// What the `Connection` fields list, in lower case.
  var options: [String] {
    values(of: "connection").flatMap { $0.lowercased().split(separator: ",") }.map {
      String(decoding: HeadModel.trimmed(Array($0.utf8)[...]), as: UTF8.self)
    }.filter { !$0.isEmpty }
  }

  func keepsAlive(isHTTP10: Bool) -> Bool {
    !options.contains("close") && (!isHTTP10 || options.contains("keep-alive"))
  }

  /// Checks `table` against the lines of `bytes`, and both against `limits`.
  func check(
    _ table: borrowing HeaderTable, framing: BodyFraming, _ limits: HTTP1Limits,
    _ bytes: UnsafeRawBufferPointer
  ) {
    precondition(bytes.count <= limits.headBytes && startLine.count <= limits.startLineBytes)
    precondition(table.count == fields.count && table.count <= limits.headerCount)
    let options = options
    let others = options.filter { $0 != "close" && $0 != "keep-alive" }
    precondition(others.count <= limits.connectionOptions)
    for index in 0..<table.count {
      let field = table[index]
      let name = String(decoding: field.name.of(bytes), as: UTF8.self).lowercased()
      precondition(name == fields[index].name && !name.isEmpty)
      precondition(field.value.of(bytes).elementsEqual(fields[index].value))
      precondition(field.isNamedByConnection == others.contains(name))
      precondition(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") })
    }
    let lengths = values(of: "content-length")
    precondition(lengths.count <= 1 && (lengths.isEmpty || Int(lengths[0]) != nil))
    precondition(lengths.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } })
    precondition(lengths.isEmpty || values(of: "transfer-encoding").isEmpty, "two lengths")
  }

  /// The fields as text, to compare them.
  static func describe(
    _ table: borrowing HeaderTable, _ bytes: UnsafeRawBufferPointer
  ) -> String {
    var text = ""
    for index in 0..<table.count {
      let field = table[index]
      text += "\n\(field.known)\(field.isNamedByConnection ? "!" : "") "
      text += String(decoding: field.name.of(bytes), as: UTF8.self) + ":"
      text += String(decoding: field.value.of(bytes), as: UTF8.self)
    }
    return text
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var bytes = bytes
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
    return Array(bytes)
  }
}
