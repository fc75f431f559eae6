internal import JSONFields
internal import Vocabulary

/// Bodies of JSON: what is valid, where its fields are and what they say, by the house's reader and
/// by the slow one.
enum JSONFuzz {
  static func run(_ input: FuzzInput) {
    let depth = input.chooses(0) ? 3 : 128
    let bytes = ExactBytes(input.text)
    checkQuoting(bytes.raw)
    let model = JSONModel(input.text, maximumDepth: depth)
    precondition(isValid(bytes.raw, depth) == (model != nil), "valid or not?")
    let fields: JSONFields
    do throws(JSONError) {
      fields = try JSONFields(validating: bytes.raw, maximumDepth: depth)
    } catch {
      precondition(error.offset >= 0 && error.offset <= bytes.raw.count && !error.message.isEmpty)
      precondition(model?.isObject != true || error.kind == .tooManyDuplicates, "\(error)")
      precondition((error.kind == .notAnObject) == (model?.isObject == false))
      return
    }
    guard let model, model.isObject else { preconditionFailure("what is no object was taken") }
    for key in JSONFields.Key.allCases { check(key, fields, model, bytes.raw) }
    EditFuzz.run(input, fields, model, bytes.raw)
  }

  private static func isValid(_ bytes: UnsafeRawBufferPointer, _ depth: Int) -> Bool {
    do throws(JSONError) {
      let value = try JSONValue(validating: bytes, maximumDepth: depth)
      precondition(value.rawRange.upperBound <= bytes.count)
      return true
    } catch {
      precondition(error.offset >= 0 && error.offset <= bytes.count)
      return false
    }
  }

  /// Any bytes can be put into a string; a text comes out as it went in.
  private static func checkQuoting(_ bytes: UnsafeRawBufferPointer) {
    var buffer = ByteBuffer()
    buffer.append("{\"\":" as StaticString)
    buffer.append(jsonString: bytes)
    buffer.append("}" as StaticString)
    guard let model = JSONModel(Array(buffer.bytes)) else {
      preconditionFailure("what was quoted is no JSON")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let copy = ExactBytes(buffer.bytes)
    do {
      let value = try JSONValue(validating: copy.raw).members.first { _ in true }?.value
      precondition(value?.string == text && model.members.count == 1, "another text")
    } catch {
      preconditionFailure("what was quoted is refused: \(error)")
    }
  }

  /// The last member of the name of `key` is the one that counts, and says what it says.
  private static func check(
    _ key: JSONFields.Key, _ fields: JSONFields, _ model: JSONModel, _ bytes: UnsafeRawBufferPointer
  ) {
    let name = Array("\(key.name)".utf8)
    let last = model.members.last { $0.name == name }
    precondition(fields[key]?.range == last?.place, "another place of \(key)")
    guard let last else { return }
    let token = String(decoding: last.raw, as: UTF8.self)
    precondition(fields.bool(key) == (Bool(token)), "another switch")
    precondition((fields.string(key, in: bytes) != nil) == (last.raw[0] == UInt8(ascii: "\"")))
    if let text = fields.string(key, in: bytes) {
      let quoted = JSONModel(Array("{".utf8) + last.raw + Array(":0}".utf8))
      precondition(quoted?.members.first?.name == Array(text.utf8), "another text")
    }
    guard fields[key]?.kind == .number else { return }
    if let number = fields.integer(key, in: bytes) {
      precondition(Double(token) == Double(number), "another number")
    } else {
      precondition(Int(token) == nil, "a plain integer was not read")
    }
  }
}
