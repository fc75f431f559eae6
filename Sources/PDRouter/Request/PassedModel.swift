internal import JSONFields
internal import Vocabulary
internal import Wire

/// Finds the model that a body names which is passed on unread: a JSON object's `model`, or the
/// part `model` of a form with files (RFC 7578).
///
/// Never refuses anything: what it does not understand names no model. Costs one pass over the
/// body, so it is only for routers whose workers serve different models.
enum PassedModel {
  /// The number of the name, if there is one; of a call that unloads an adapter, its name.
  static func find(in exchange: Exchange, unloads: Bool) -> UInt64? {
    let body = exchange.body.bytes
    let type = exchange.head.fields.first(.contentType)?.value.of(exchange.headBytes.bytes)
    if let type, FieldText.starts(type, with: "multipart/form-data") { return inForm(body) }
    guard body.first == UInt8(ascii: "{") else { return nil }
    do throws(JSONError) {
      let root = try JSONValue(validating: body)
      let name = unloads ? root["lora_name"] : root["model"]
      return name.flatMap { ModelName.number(at: $0.span, of: body) }
    } catch {
      // What it is the engine may say.
      return nil
    }
  }

  /// The content of the first part called `model`.
  private static func inForm(_ body: UnsafeRawBufferPointer) -> UInt64? {
    guard let name = end(of: "name=\"model\"", in: body, from: 0),
      let start = end(of: "\r\n\r\n", in: body, from: name), start - name <= 1024,
      let next = end(of: "\r\n", in: body, from: start)
    else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: body[start..<next - 2])
    return content.isEmpty ? nil : ModelName.number(content)
  }

  private static func end(
    of mark: StaticString, in body: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    let mark = UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
    var place = start
    while place + mark.count <= body.count {
      guard let found = body[place...].firstIndex(of: mark[0]), found + mark.count <= body.count
      else { return nil }
      if body[found..<found + mark.count].elementsEqual(mark) { return found + mark.count }
      place = found + 1
    }
    return nil
  }
}
