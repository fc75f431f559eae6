internal import JSONFields
internal import Vocabulary

/// Edits of a valid body: they mean what the same changes of a list of members mean, and no byte
/// goes that no edit is about.
enum EditFuzz {
  private static let keys: [JSONFields.Key] = [
    .n, .model, .stream, .maxTokens, .prompt, .kvTransferParams, .samplingParams,
  ]
  private static let known = Set(JSONFields.Key.allCases.map { Array("\($0.name)".utf8) })

  static func run(
    _ input: FuzzInput, _ fields: JSONFields, _ model: JSONModel, _ body: UnsafeRawBufferPointer
  ) {
    var edits = BodyEdits()
    var expected = deduplicated(model.members)
    var touched: [[UInt8]] = []
    let isNested = input.chooses(1) && planNested(&edits, &expected, fields, body)
    if isNested { touched.append(name(.samplingParams)) }
    for (place, key) in keys.enumerated() {
      if isNested, key == .samplingParams { continue }
      let action = input.number >> (2 * place) & 3
      if action != 0 { touched.append(name(key)) }
      plan(key, action, &edits, &expected)
    }
    let isEmpty = edits.isEmpty && expected.count == model.members.count
    let edited = edits.apply(to: fields, of: body)
    precondition(edits.isEmpty && (!isEmpty || edited.pieceCount == 1))
    var buffer = ByteBuffer()
    edited.append(to: &buffer, of: body)
    precondition(buffer.count == edited.count)
    guard let result = JSONModel(Array(buffer.bytes), maximumDepth: 140) else {
      preconditionFailure("an edited body is no JSON")
    }
    precondition(
      result.members.map(\.name) == expected.map(\.name), "other members, or another order")
    for (one, other) in zip(result.members, expected) {
      precondition(one.raw == other.raw || isNested && one.name == name(.samplingParams))
      if one.raw != other.raw { checkNested(one.raw, other.raw) }
    }
    checkGaps(edited, body, model, touched)
  }

  private static func name(_ key: JSONFields.Key) -> [UInt8] { Array("\(key.name)".utf8) }

  /// Of known names only the last member counts.
  private static func deduplicated(_ members: [JSONModel.Member]) -> [JSONModel.Member] {
    members.indices.filter { index in
      !known.contains(members[index].name)
        || !members[(index + 1)...].contains { $0.name == members[index].name }
    }.map { members[$0] }
  }

  /// Plans action number `action` for `key`, here and in the list of members.
  private static func plan(
    _ key: JSONFields.Key, _ action: Int, _ edits: inout BodyEdits,
    _ members: inout [JSONModel.Member]
  ) {
    switch action {
    case 1:
      edits.set(key, to: "{\"remote\":[1,\"}\"]}")
      set(key, "{\"remote\":[1,\"}\"]}", &members, onlyIfPresent: false)
    case 2:
      edits.setIfPresent(key, toInteger: -7)
      set(key, "-7", &members, onlyIfPresent: true)
    case 3:
      edits.remove(key)
      members.removeAll { $0.name == name(key) }
    default: return
    }
  }

  private static func set(
    _ key: JSONFields.Key, _ raw: String, _ members: inout [JSONModel.Member], onlyIfPresent: Bool
  ) {
    let raw = Array(raw.utf8)
    if let place = members.firstIndex(where: { $0.name == name(key) }) {
      members[place].raw = raw
    } else if !onlyIfPresent {
      members.append(JSONModel.Member(name: name(key), raw: raw, place: 0..<0))
    }
  }

  /// Plans changes inside `sampling_params`; false when there is no such object.
  private static func planNested(
    _ edits: inout BodyEdits, _ members: inout [JSONModel.Member], _ fields: JSONFields,
    _ body: UnsafeRawBufferPointer
  ) -> Bool {
    let nested: JSONFields?
    do throws(JSONError) {
      nested = try fields.nested(.samplingParams, in: body)
    } catch {
      precondition(error.kind == .tooManyDuplicates, "\(error)")
      return false
    }
    guard let nested, let place = members.firstIndex(where: { $0.name == name(.samplingParams) }),
      let object = JSONModel(members[place].raw)
    else { return false }
    edits.set(.n, to: "1", in: nested)
    edits.remove(.stop, in: nested)
    edits.setIfPresent(.maxTokens, to: "2", in: nested)
    var inner = deduplicated(object.members)
    set(.n, "1", &inner, onlyIfPresent: false)
    inner.removeAll { $0.name == name(.stop) }
    set(.maxTokens, "2", &inner, onlyIfPresent: true)
    let texts = inner.map { quoted($0.name) + Array(":".utf8) + $0.raw }
    members[place].raw =
      Array("{".utf8) + texts.joined(separator: Array(",".utf8)) + Array("}".utf8)
    return true
  }

  private static func quoted(_ name: [UInt8]) -> [UInt8] {
    var buffer = ByteBuffer()
    name.withUnsafeBytes { buffer.append(jsonString: $0) }
    return Array(buffer.bytes)
  }

  private static func checkNested(_ one: [UInt8], _ other: [UInt8]) {
    guard let one = JSONModel(one, maximumDepth: 140), let other = JSONModel(other) else {
      preconditionFailure("an edited object is no JSON")
    }
    precondition(one.members == other.members, "other members in an edited object")
  }

  /// What is left out is, run for run, the value of an edited field, or whole members that were to
  /// go with their commas and white space.
  private static func checkGaps(
    _ edited: borrowing EditedBody, _ body: UnsafeRawBufferPointer, _ model: JSONModel,
    _ touched: [[UInt8]]
  ) {
    guard let base = body.baseAddress else { return }
    var end = 0
    edited.forEachPiece(of: body) { piece in
      guard let start = piece.baseAddress, start >= base, start < base + body.count else { return }
      precondition(start - base >= end, "a run of the body comes twice")
      checkGap(end..<(start - base), body, model, touched)
      end = start - base + piece.count
    }
    precondition(end == body.count, "the end of the body is missing")
  }

  private static func checkGap(
    _ gap: Range<Int>, _ body: UnsafeRawBufferPointer, _ model: JSONModel, _ touched: [[UInt8]]
  ) {
    let edited = model.members.filter { touched.contains($0.name) }
    // Within an edited object, or just an edited value.
    if gap.isEmpty || edited.contains(where: { $0.place.contains(gap.lowerBound) }) { return }
    let blank = Set("\t\n\r ,".utf8)
    let lost = body[gap].drop(while: blank.contains)
    let kept = lost.reversed().drop(while: blank.contains).reversed()
    let members = JSONModel(Array("{".utf8) + Array(kept) + Array("}".utf8))?.members
    precondition(members != nil, "bytes are missing that are no members")
    for member in members ?? [] {
      let isDuplicate =
        known.contains(member.name)
        && model.members.count(where: { $0.name == member.name }) > 1
      precondition(touched.contains(member.name) || isDuplicate, "a member is missing")
    }
  }
}
