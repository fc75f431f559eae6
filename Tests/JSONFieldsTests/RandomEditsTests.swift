import Foundation
import JSONFields
import Testing
import Vocabulary

struct RandomEditsTests {
  @Test(arguments: 0..<8)
  func `random edits of random bodies mean what the model says`(_ seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    var edits = BodyEdits()
    var result = EditedBody()
    for _ in 0..<1500 {
      let text = EditModel.object(&random)
      let body = ExactBytes(text)
      let fields = try JSONFields(validating: body.raw)
      var model = EditModel(EditModel.members(of: try JSONValue(validating: body.raw)))
      let ends = try editNested(fields, body.raw, &edits, &model, &random)
      plan(&edits, &model, &random, sparing: ends)
      edits.apply(to: fields, of: body.raw, into: &result)
      var buffer = ByteBuffer()
      result.append(to: &buffer, of: body.raw)
      #expect(buffer.count == result.count)
      let value = try JSONValue(validating: buffer.bytes)
      #expect(EditModel.members(of: value).map(\.name) == model.members.map(\.name), "\(text)")
      #expect(squeezed(value) == model.members.map { squeeze($0.raw) }, "\(text)")
      #expect(try JSONFields(validating: buffer.bytes).hasDuplicates == false)
      let data = Data(buffer.bytes)
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: data) }
    }
  }

  /// Half of the time edits the nested object; whether it did.
  private func editNested(
    _ fields: JSONFields, _ body: UnsafeRawBufferPointer, _ edits: inout BodyEdits,
    _ model: inout EditModel, _ random: inout SplitMix64
  ) throws -> Bool {
    guard Bool.random(using: &random), let nested = try fields.nested(.samplingParams, in: body),
      let span = fields[.samplingParams]
    else { return false }
    var inner = EditModel(EditModel.members(of: JSONValue(at: span, of: body)))
    let raw = EditModel.value(&random)
    let bytes = ExactBytes(raw)
    edits.set(.n, toRaw: bytes.raw, in: nested)
    inner.set(.n, raw, onlyIfPresent: false)
    edits.remove(.user, in: nested)
    inner.remove(.user)
    let members = inner.members.map { "\(quoted($0.name)):\($0.raw)" }
    model.set(.samplingParams, "{\(members.joined(separator: ","))}", onlyIfPresent: true)
    return true
  }

  private func plan(
    _ edits: inout BodyEdits, _ model: inout EditModel, _ random: inout SplitMix64, sparing: Bool
  ) {
    var keys: [JSONFields.Key] = [.n, .user, .echo, .rid, .maxTokens, .samplingParams]
    if sparing { keys.removeLast() }
    keys.shuffle(using: &random)
    for key in keys.prefix(Int.random(in: 0...6, using: &random)) {
      let raw = EditModel.value(&random)
      let bytes = ExactBytes(raw)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        edits.remove(key)
        model.remove(key)
      case 1:
        edits.setIfPresent(key, to: "7")
        model.set(key, "7", onlyIfPresent: true)
      default:
        edits.set(key, toRaw: bytes.raw)
        model.set(key, raw, onlyIfPresent: false)
      }
    }
  }

  private func squeezed(_ value: JSONValue) -> [String] {
    EditModel.members(of: value).map { squeeze($0.raw) }
  }

  /// Without white space and with one spelling per name: the model does not keep those of nested
  /// objects.
  private func squeeze(_ raw: String) -> String {
    raw.filter { !$0.isWhitespace }.replacing("\\u006e", with: "n").replacing("\\u0065", with: "e")
  }

  private func quoted(_ name: String) -> String {
    var buffer = ByteBuffer()
    buffer.append(jsonString: name)
    return contents(buffer)
  }
}
