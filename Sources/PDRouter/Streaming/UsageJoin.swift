internal import JSONFields
internal import Vocabulary

/// Makes the `usage` of a split request's answer true for the whole request: input counts are
/// prefill's, output counts decode's.
///
/// Decode takes the prompt's cache from prefill and so reports it as found in a cache. In a usage
/// object (OpenAI's, `prompt_…` and `completion_…` or `input_…` and `output_…`, the document's own
/// or its `response`'s):
///
/// - the input count becomes prefill's;
/// - the total becomes the sum of prefill's input and decode's output, and goes where the output is
///   not known;
/// - of the input's details, `cached_tokens` becomes prefill's and goes where prefill does not
///   say; prefill's other details replace decode's.
///
/// Nothing else is added or touched, above all no usage where decode gave none. What is no JSON
/// stays as it is. Pure; never allocates but in its output.
struct UsageJoin: Equatable {
  /// In which words a usage object speaks.
  enum Dialect {
    case prompt, input

    var count: StaticString { self == .prompt ? "prompt_tokens" : "input_tokens" }
    var output: StaticString { self == .prompt ? "completion_tokens" : "output_tokens" }
    var details: StaticString {
      self == .prompt ? "prompt_tokens_details" : "input_tokens_details"
    }
  }

  /// What prefill counted.
  let prefill: PrefillUsage

  /// A join with what prefill counted.
  init(_ prefill: PrefillUsage) {
    self.prefill = prefill
  }

  /// Appends `document`, edited, to `buffer`; appends nothing when there is nothing to change.
  ///
  /// `source` is what is appended with the same edits, if not `document` itself: of the same length
  /// and the same wherever the document has more than white space. A document that is not `isWhole`
  /// is a chunk; then details are added to the last one only.
  ///
  /// - Returns: whether anything had to be changed.
  func append(
    _ document: UnsafeRawBufferPointer, writtenAs source: UnsafeRawBufferPointer? = nil,
    isWhole: Bool = true, to buffer: inout ByteBuffer
  ) -> Bool {
    let source = source ?? document
    precondition(source.count == document.count)
    guard let place = usage(of: document), let dialect = dialect(document, place) else {
      return false
    }
    let start = buffer.count
    buffer.append(UnsafeRawBufferPointer(rebasing: source[..<place.lowerBound]))
    let addsDetails = isWhole || isLast(document)
    guard write(document, source, place, dialect, addsDetails: addsDetails, to: &buffer) else {
      buffer.removeLast(buffer.count - start)
      return false
    }
    buffer.append(UnsafeRawBufferPointer(rebasing: source[place.upperBound...]))
    return true
  }
}

// MARK: - Reading

extension UsageJoin {
  /// Where the usage object is, in a document that is valid JSON.
  private func usage(of document: UnsafeRawBufferPointer) -> Range<Int>? {
    if let own = member("usage", of: document), own.kind == .object { return own.range }
    guard let response = member("response", of: document), response.kind == .object else {
      return nil
    }
    var walk = ObjectWalk(document, response.range)
    while let member = walk.next() {
      if member.isNamed("usage"), document[member.value.lowerBound] == UInt8(ascii: "{") {
        return member.value
      }
    }
    return nil
  }

  /// The member called `name`; nil also for what is no JSON object, which is left alone.
  private func member(_ name: StaticString, of document: UnsafeRawBufferPointer) -> JSONSpan? {
    do throws(JSONError) {
      return try JSONFields.member(name, of: document)
    } catch {
      return nil
    }
  }

  /// In which words the usage object speaks of its input, if of any.
  private func dialect(_ text: UnsafeRawBufferPointer, _ place: Range<Int>) -> Dialect? {
    let usage = JSONValue(at: JSONSpan(kind: .object, range: place), of: text)
    if usage[Dialect.prompt.count] != nil { return .prompt }
    return usage[Dialect.input.count] != nil ? .input : nil
  }

  /// What the whole request took; nil when decode does not say what it made.
  func total(
    _ text: UnsafeRawBufferPointer, _ place: Range<Int>, _ dialect: Dialect
  ) -> Int? {
    let usage = JSONValue(at: JSONSpan(kind: .object, range: place), of: text)
    guard let output = usage[dialect.output]?.integer, output >= 0 else { return nil }
    let (sum, overflow) = prefill.inputTokens.addingReportingOverflow(output)
    return overflow ? nil : sum
  }

  /// Whether the counts of a stream are complete with this chunk: a running count has no details.
  private func isLast(_ document: UnsafeRawBufferPointer) -> Bool {
    guard let choices = member("choices", of: document) else { return true }
    let value = JSONValue(at: choices, of: document)
    return value.kind == .array && value[0] == nil
  }

  /// Whether `bytes` are `number` in plain digits.
  func isSame(_ bytes: Slice<UnsafeRawBufferPointer>, _ number: Int) -> Bool {
    guard !bytes.isEmpty, bytes.count <= 19 else { return false }
    var value = 0
    for byte in bytes {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return false }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      guard !isTooLarge else { return false }
      value = product &+ Int(byte &- UInt8(ascii: "0"))
    }
    return value == number
  }
}
