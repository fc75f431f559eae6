internal import JSONFields

/// The single checks behind `Disaggregability`: each gives the reason against splitting, or nil.
///
/// Engines coerce (`"n":"2"` is 2 to vLLM), so a value counts as harmless only when it plainly is.
enum SplitVeto {
  /// What multiplies the answer or draws the prompt into it.
  static func answers(
    _ fields: borrowing JSONFields, _ body: UnsafeRawBufferPointer
  ) -> WholeReason? {
    if !isAbsent(.n, fields), fields.integer(.n, in: body) != 1 { return .severalAnswers }
    if !isAbsent(.bestOf, fields), fields.integer(.bestOf, in: body) != 1 { return .bestOf }
    if !isAbsent(.useBeamSearch, fields), fields.bool(.useBeamSearch) != false {
      return .beamSearch
    }
    if !isAbsent(.echo, fields), fields.bool(.echo) != false { return .echo }
    if !isAbsent(.promptLogprobs, fields) { return .promptLogprobs }
    return nil
  }

  /// What the prompt is.
  static func prompt(
    _ fields: borrowing JSONFields, _ body: UnsafeRawBufferPointer, _ shape: BodyShape
  ) -> WholeReason? {
    switch shape {
    case .chat: isSomething(.messages, .array, fields, body) ? nil : .noPrompt
    case .responses:
      isSomething(.input, .array, fields, body) || isSomething(.input, .string, fields, body)
        ? nil : .noPrompt
    case .completions: onePrompt(.prompt, fields, body)
    case .generate:
      if !isAbsent(.prompt, fields) {
        onePrompt(.prompt, fields, body)
      } else if !isAbsent(.text, fields) {
        onePrompt(.text, fields, body)
      } else {
        onePrompt(.inputIds, fields, body)
      }
    // The token ids are no field the router knows; an engine that misses them refuses on prefill.
    case .tokensInOut: nil
    }
  }

  /// What the prefill leg would overwrite and so hide from the engine that should refuse it.
  static func limits(
    _ fields: borrowing JSONFields, _ body: UnsafeRawBufferPointer, _ shape: BodyShape
  ) -> WholeReason? {
    guard isAbsent(.stream, fields) || fields.bool(.stream) != nil else { return .maskedFault }
    guard isAbsent(.streamOptions, fields) || fields.bool(.stream) == true else {
      return .maskedFault
    }
    switch shape {
    case .chat, .completions, .generate: return counts(fields, body)
    case .responses: return isCount(.maxOutputTokens, from: 1, fields, body) ? nil : .maskedFault
    case .tokensInOut: return samplingParameters(fields, body)
    }
  }

  /// What only `/v1/responses` has. Costs a pass over the body for each of two names.
  static func responses(_ body: UnsafeRawBufferPointer) -> WholeReason? {
    do throws(JSONError) {
      if let span = try JSONFields.member("background", of: body), span.kind != .null,
        span.kind != .false
      {
        return .background
      }
      if let span = try JSONFields.member("previous_response_id", of: body), span.kind != .null {
        return .previousResponse
      }
      return nil
    } catch {
      // Valid before, so only a limit can be meant: the engine shall judge.
      return .maskedFault
    }
  }

  private static func samplingParameters(
    _ fields: borrowing JSONFields, _ body: UnsafeRawBufferPointer
  ) -> WholeReason? {
    if isAbsent(.samplingParams, fields) { return nil }
    do throws(JSONError) {
      guard let parameters = try fields.nested(.samplingParams, in: body) else {
        return .maskedFault
      }
      return answers(parameters, body) ?? counts(parameters, body)
    } catch {
      // More repeated names inside than anyone sends in good faith: the engine shall judge.
      return .maskedFault
    }
  }

  private static func counts(
    _ fields: borrowing JSONFields, _ body: UnsafeRawBufferPointer
  ) -> WholeReason? {
    guard isCount(.maxTokens, from: 1, fields, body),
      isCount(.maxCompletionTokens, from: 1, fields, body),
      isCount(.minTokens, from: 0, fields, body)
    else { return .maskedFault }
    // In a chat the newer name wins over the older one.
    let most =
      fields.integer(.maxCompletionTokens, in: body) ?? fields.integer(.maxTokens, in: body)
    let least = fields.integer(.minTokens, in: body) ?? 0
    return least <= most ?? .max ? nil : .maskedFault
  }

  /// Whether `key` is absent or an integer not below `least`.
  private static func isCount(
    _ key: JSONFields.Key, from least: Int, _ fields: borrowing JSONFields,
    _ body: UnsafeRawBufferPointer
  ) -> Bool {
    if isAbsent(key, fields) { return true }
    guard let number = fields.integer(key, in: body) else { return false }
    return number >= least
  }

  /// A text or one list of token ids is one prompt; a list of texts or of lists is none we split,
  /// not even with one element: its answer is not worth a rule of its own.
  private static func onePrompt(
    _ key: JSONFields.Key, _ fields: borrowing JSONFields, _ body: UnsafeRawBufferPointer
  ) -> WholeReason? {
    if isSomething(key, .string, fields, body) { return nil }
    guard isSomething(key, .array, fields, body), let span = fields[key] else { return .noPrompt }
    switch firstByte(inside: span.range, body) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return nil
    default: return .promptList
    }
  }

  /// Whether `key` holds a value of `kind`, a string or a list, with something between its
  /// delimiters.
  private static func isSomething(
    _ key: JSONFields.Key, _ kind: JSONKind, _ fields: borrowing JSONFields,
    _ body: UnsafeRawBufferPointer
  ) -> Bool {
    guard let span = fields[key], span.kind == kind else { return false }
    if kind == .string { return span.range.count > 2 }
    return firstByte(inside: span.range, body) != UInt8(ascii: "]")
  }

  /// The first byte after the opening delimiter that is no white space (RFC 8259 section 2).
  private static func firstByte(inside range: Range<Int>, _ body: UnsafeRawBufferPointer) -> UInt8 {
    precondition(range.count >= 2 && range.upperBound <= body.count)
    for place in range.dropFirst() {
      switch body[place] {
      case 0x20, 0x09, 0x0A, 0x0D: continue
      case let byte: return byte
      }
    }
    preconditionFailure("a validated array has its closing bracket")
  }

  private static func isAbsent(_ key: JSONFields.Key, _ fields: borrowing JSONFields) -> Bool {
    fields[key].map { $0.kind == .null } ?? true
  }
}
