import JSONFields
import Vocabulary

/// Bytes in a heap block of exactly their size, so that a sanitizer sees the first byte read too
/// far.
struct ExactBytes: ~Copyable {
  private let block: UnsafeMutableRawBufferPointer

  init(_ bytes: some Collection<UInt8>) {
    block = .allocate(byteCount: bytes.count, alignment: 1)
    block.copyBytes(from: bytes)
  }

  init(_ text: String) {
    self.init(Array(text.utf8))
  }

  deinit {
    block.deallocate()
  }

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(block) }
}

/// What validating `bytes` as an object gives.
func fields(_ bytes: some Collection<UInt8>, depth: Int = 128) -> Result<JSONFields, JSONError> {
  let exact = ExactBytes(bytes)
  do {
    return .success(try JSONFields(validating: exact.raw, maximumDepth: depth))
  } catch {
    return .failure(error)
  }
}

/// Why `bytes` are refused as a document of any kind; nil when they are valid.
func refusal(_ bytes: some Collection<UInt8>, depth: Int = 128) -> JSONError? {
  let exact = ExactBytes(bytes)
  do {
    _ = try JSONValue(validating: exact.raw, maximumDepth: depth)
    return nil
  } catch {
    return error
  }
}

/// The bytes of `span` in `text`, as a string.
func text(_ span: JSONSpan?, of text: String) -> String? {
  span.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
}

/// What `buffer` holds, as a string.
func contents(_ buffer: borrowing ByteBuffer) -> String {
  String(decoding: buffer.bytes, as: UTF8.self)
}

/// `body` after the changes that `plan` makes, gathered from the pieces.
func edited(
  _ body: String, _ plan: (inout BodyEdits, JSONFields, UnsafeRawBufferPointer) throws -> Void
) throws -> String {
  let exact = ExactBytes(body)
  let fields = try JSONFields(validating: exact.raw)
  var edits = BodyEdits()
  try plan(&edits, fields, exact.raw)
  let result = edits.apply(to: fields, of: exact.raw)
  var buffer = ByteBuffer()
  result.append(to: &buffer, of: exact.raw)
  precondition(buffer.count == result.count)
  return contents(buffer)
}
