internal import Vocabulary

/// One header block as it is decoded, until its owner takes it: a request, an answer or trailers.
///
/// Builds what the rest of the program knows: fields as lines `name: value` in `bytes`, places in
/// `fields`, `:authority` as a first field `host`, cookie crumbs as one line (RFC 9113 §8.2.3).
/// nghttp2 has checked most (§8.2, §8.3); whatever HTTP/1.1 could misread is checked again here.
/// Once something is wrong nothing more is kept, only counted. Used again and again; its storage
/// is exchanged with the taker's.
final class HTTP2HeadBlock {
  /// What the block is the head of.
  enum Kind: Sendable {
    case request
    case response
    case trailers
  }

  private(set) var kind = Kind.request
  private var bytes = ByteBuffer()
  private var fields = HeaderTable()
  private var cookies = ByteBuffer()
  private var cookieCount = 0
  private var method = ByteRange.empty
  private var scheme = ByteRange.empty
  private var path = ByteRange.empty
  private var authority: ByteRange?
  /// The status of an answer; 0 while none came.
  private(set) var status = 0
  /// Size of the block so far as RFC 9113 §6.5.2 counts it.
  private(set) var listBytes = 0
  /// What is wrong with it.
  private(set) var error: WireError?
  private var semantics: HTTP1FieldSemantics?
  private var endsStream = false

  /// Goes to the start of another block.
  func begin(_ kind: Kind) {
    self.kind = kind
    bytes.removeAll(keepingCapacityUpTo: HTTP2HeadBlock.keptBytes)
    fields.removeAll()
    cookies.removeAll(keepingCapacityUpTo: HTTP2HeadBlock.keptBytes)
    cookieCount = 0
    method = .empty
    scheme = .empty
    path = .empty
    authority = nil
    status = 0
    listBytes = 0
    error = nil
    semantics = nil
    endsStream = false
  }

  /// Bytes of storage that is kept for the next block.
  private static let keptBytes = 4096

  /// Adds one field in the order of the block.
  func add(
    name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, limits: HTTP1Limits
  ) {
    listBytes &+= name.count &+ value.count &+ 32
    guard error == nil, let base = name.baseAddress else { return }
    do throws(WireError) {
      try checkSize(limits)
      guard FieldText.isValid(value) else { throw .controlCharacter }
      if ByteSearch.byte(base, 0) == ASCII.colon {
        try addPseudoField(name, value)
      } else {
        try addField(base, name.count, value, limits)
      }
    } catch {
      self.error = error
    }
  }

  private func checkSize(_ limits: HTTP1Limits) throws(WireError) {
    if kind == .trailers {
      guard listBytes <= limits.trailerBytes else { throw .trailersTooLarge }
    } else {
      guard listBytes <= limits.headBytes else { throw .headTooLarge }
    }
  }

  /// Pseudo-fields come before all others and once each; nghttp2 sees to that (RFC 9113 §8.3).
  private func addPseudoField(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(WireError) {
    guard let base = name.baseAddress else { return }
    switch name.count {
    case 7 where ASCII.isSame(base, 7, ignoringCaseAs: ":method"): method = keep(value)
    case 7 where ASCII.isSame(base, 7, ignoringCaseAs: ":scheme"): scheme = keep(value)
    case 7 where ASCII.isSame(base, 7, ignoringCaseAs: ":status"):
      guard value.count == 3, let digits = value.baseAddress,
        let status = ASCII.decimal(digits, from: 0, to: 3), status >= 100
      else { throw .invalidStatusLine }
      self.status = status
    case 5: path = keep(value)
    case 10: addAuthority(value)
    default: throw .invalidFieldName
    }
  }

  private func keep(_ value: UnsafeRawBufferPointer) -> ByteRange {
    let start = bytes.count
    bytes.append(value)
    return ByteRange(from: start, to: bytes.count)
  }

  private func addAuthority(_ value: UnsafeRawBufferPointer) {
    let start = bytes.count
    bytes.append("host: " as StaticString)
    let range = keep(value)
    bytes.append("\r\n" as StaticString)
    authority = range
    fields.append(
      HeaderField(name: ByteRange(from: start, to: start &+ 4), value: range, known: .host))
  }

  @inline(__always)
  private func addField(
    _ name: UnsafeRawPointer, _ nameCount: Int, _ value: UnsafeRawBufferPointer,
    _ limits: HTTP1Limits
  ) throws(WireError) {
    let known = HeaderName.recognize(name, nameCount)
    guard known != .other || ASCII.isFieldName(name, from: 0, to: nameCount) else {
      throw .invalidFieldName
    }
    if known == .cookie { return addCookie(value) }
    if known == .host, let authority {
      // Two hosts that differ are what smuggling is made of (RFC 9113 §8.3.1).
      guard ASCII.isSame(authority.of(bytes.bytes), ignoringCaseAs: value) else {
        throw .duplicateHost
      }
      return
    }
    guard fields.count < limits.headerCount else { throw .tooManyFields }
    let start = bytes.count
    let valueStart = start &+ nameCount &+ 2
    let line = bytes.appendUninitialized(nameCount &+ value.count &+ 4)
    line.copyMemory(from: name, byteCount: nameCount)
    line.storeBytes(of: 0x203A, toByteOffset: nameCount, as: UInt16.self)  // ": "
    if let text = value.baseAddress {
      (line + nameCount + 2).copyMemory(from: text, byteCount: value.count)
    }
    line.storeBytes(of: 0x0A0D, toByteOffset: nameCount &+ 2 &+ value.count, as: UInt16.self)
    fields.append(
      HeaderField(
        name: ByteRange(from: start, to: start &+ nameCount),
        value: ByteRange(from: valueStart, to: valueStart &+ value.count), known: known))
  }

  private func addCookie(_ value: UnsafeRawBufferPointer) {
    if cookieCount > 0 { cookies.append("; " as StaticString) }
    cookieCount &+= 1
    cookies.append(value)
  }

  /// Draws from a complete block what it says as a whole.
  ///
  /// - Returns: what is wrong with it, nil when it is good.
  func finish(endsStream: Bool, limits: HTTP1Limits) -> WireError? {
    self.endsStream = endsStream
    guard error == nil else { return error }
    do throws(WireError) {
      if cookieCount > 0 { try joinCookies(limits) }
      if kind == .request { try checkTarget(limits) }
      guard kind != .trailers else { return nil }
      guard let base = bytes.bytes.baseAddress else { return nil }
      let semantics = try HTTP1FieldSemantics(&fields, base, limits: limits, isHTTP10: false)
      if kind == .request { try checkRequest(base, semantics) }
      self.semantics = semantics
      return nil
    } catch {
      self.error = error
      return error
    }
  }

  private func joinCookies(_ limits: HTTP1Limits) throws(WireError) {
    guard fields.count < limits.headerCount else { throw .tooManyFields }
    let start = bytes.count
    bytes.append("cookie: " as StaticString)
    bytes.append(cookies.bytes)
    let end = bytes.count
    bytes.append("\r\n" as StaticString)
    fields.append(
      HeaderField(
        name: ByteRange(from: start, to: start &+ 6), value: ByteRange(from: start &+ 8, to: end),
        known: .cookie))
  }

  /// The target is one that HTTP/1.1 can write: `/…`, or `*` for OPTIONS (RFC 9113 §8.3.1).
  private func checkTarget(_ limits: HTTP1Limits) throws(WireError) {
    guard let base = bytes.bytes.baseAddress else { throw .invalidRequestLine }
    let methodBytes = method.of(bytes.bytes)
    guard FieldText.isName(methodBytes) else { throw .invalidMethod }
    let known = requestMethod
    guard known != .connect else { throw .connectNotSupported }
    // Spaces and the version included, as the line would be written.
    guard methodBytes.count &+ Int(path.length) &+ 10 <= limits.startLineBytes else {
      throw .startLineTooLong
    }
    let (from, to) = (Int(path.offset), path.end)
    guard from < to, ByteSearch.firstOutsideTarget(base, from: from, to: to) == to else {
      throw .invalidTarget
    }
    guard ByteSearch.byte(base, from) != UInt8(ascii: "/") else { return }
    let isAsterisk = ByteSearch.byte(base, from) == UInt8(ascii: "*") && to &- from == 1
    guard isAsterisk, known == .options else { throw .invalidTarget }
  }

  private func checkRequest(
    _ base: UnsafeRawPointer, _ semantics: HTTP1FieldSemantics
  ) throws(WireError) {
    let (from, count) = (Int(scheme.offset), Int(scheme.length))
    let isKnown =
      ASCII.isSame(base + from, count, ignoringCaseAs: "https")
      || ASCII.isSame(base + from, count, ignoringCaseAs: "http")
    guard isKnown else { throw .invalidTarget }
    guard let host = semantics.host else { throw .missingHost }
    guard HostSyntax.isValid(base, from: Int(host.offset), to: host.end) else {
      throw .invalidHost
    }
    guard !semantics.expectsUnknown else { throw .unsupportedExpectation }
  }

  /// The method of a request, as far as it is known by name.
  var requestMethod: HTTPMethod {
    guard let base = bytes.bytes.baseAddress else { return .other }
    return HTTP1RequestLine.method(base + Int(method.offset), Int(method.length))
  }

  /// Gives a good request away; the block is empty after.
  func take(into head: inout RequestHead, _ taken: inout ByteBuffer) {
    precondition(kind == .request && error == nil)
    head.removeAll()
    head.method = requestMethod
    head.methodName = method
    head.target = path
    let base = bytes.bytes
    let question = path.of(base).firstIndex(of: UInt8(ascii: "?"))
    let start = Int(path.offset)
    head.path = ByteRange(from: start, to: question.map { start &+ $0 } ?? path.end)
    head.query = question.map { ByteRange(from: start &+ $0 &+ 1, to: path.end) } ?? .empty
    head.host = semantics?.host
    head.framing = framing
    head.expectsContinue = semantics?.expectsContinue == true && !head.framing.isEmpty
    swap(&head.fields, &fields)
    swap(&taken, &bytes)
  }

  /// Gives a good answer away; the block is empty after.
  func take(into head: inout ResponseHead, _ taken: inout ByteBuffer, isToHead: Bool) {
    precondition(kind == .response && error == nil)
    head.removeAll()
    head.status = status
    let isBodiless = head.isInterim || status == 204 || status == 304 || isToHead
    head.framing = isBodiless ? .none : framing
    swap(&head.fields, &fields)
    swap(&taken, &bytes)
  }

  /// Gives trailers away as lines; the block is empty after.
  func takeLines(into taken: inout ByteBuffer) {
    precondition(kind == .trailers && error == nil)
    swap(&taken, &bytes)
  }

  /// How the end of the body is known: by its length, by the stream, or there is none.
  private var framing: BodyFraming {
    if let length = semantics?.contentLength { return .length(length) }
    return endsStream ? .none : .chunked
  }
}
