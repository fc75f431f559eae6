public import Vocabulary

/// Where a worker listens: `http://host:port[/prefix][@rank]`, or the same with another scheme.
///
/// A rank is one data-parallel rank of the engine that listens there: a worker of its own, reached
/// at the same address with a header field that names the rank.
public struct WorkerURL: Hashable, Sendable, CustomStringConvertible {
  /// The URL as given, without a trailing slash, and the rank: the worker's name in logs, metrics,
  /// `/workers` and what policies hash.
  public let text: String
  /// How it is spoken to.
  public let scheme: WorkerScheme
  /// Host and port to connect to; the scheme's port when the URL has none.
  public let peer: HostAndPort
  /// Path before the request's own, without a trailing slash; usually empty.
  public let pathPrefix: String
  /// The data-parallel rank, from 0 to `highestRank`; nil when the worker is the whole engine.
  public let rank: Int?

  /// The highest rank that can be written: far beyond what one engine has.
  public static let highestRank = 65_535

  /// Why a text is not a worker's URL; `message` says it to the operator.
  public struct Fault: Error, Equatable {
    /// One sentence with the text quoted.
    public let message: String
  }

  /// The URL that `text` spells.
  ///
  /// - Throws: `Fault` for an unknown scheme, a missing host, a bad port or rank, or
  ///   parts that a worker's URL cannot have (user, query, fragment).
  public init(_ text: String) throws(Fault) {
    func fault(_ reason: String) -> Fault { Fault(message: "'\(text)': \(reason)") }
    guard let schemeEnd = text.firstRange(of: "://") else {
      throw fault("a worker URL starts with http://")
    }
    let schemeName = text[..<schemeEnd.lowerBound].lowercased()
    guard let scheme = WorkerScheme(rawValue: schemeName) else {
      let known = WorkerScheme.allCases.map { "\($0.rawValue)://" }.joined(separator: ", ")
      throw fault("workers are reached over \(known); '\(schemeName)' is not supported")
    }
    var rest = text[schemeEnd.upperBound...]
    guard !rest.contains(where: { "?# ".contains($0) }) else {
      throw fault("a worker URL has no query or fragment")
    }
    var rank: Int?
    if let mark = rest.lastIndex(of: "@") {
      rank = WorkerURL.rank(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
      guard rank != nil, !rest.contains("@") else {
        throw fault(
          "a worker URL has no user, and after '@' only a data-parallel rank from 0 to "
            + "\(WorkerURL.highestRank)")
      }
    }
    let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
    guard let peer = WorkerURL.peer(rest[..<authorityEnd], defaultPort: scheme.defaultPort)
    else {
      throw fault("the host or port is missing or malformed")
    }
    var prefix = rest[authorityEnd...]
    while prefix.last == "/" { prefix.removeLast() }
    guard prefix.utf8.allSatisfy(WorkerURL.isPathByte) else {
      throw fault("the path holds characters that a URL cannot have")
    }
    self.scheme = scheme
    self.peer = peer
    pathPrefix = String(prefix)
    self.rank = rank
    let suffix = rank.map { "@\($0)" } ?? ""
    self.text = "\(scheme.rawValue)://\(rest[..<authorityEnd])\(prefix)\(suffix)"
  }

  /// The engine as a whole: the same without the rank.
  public var base: WorkerURL {
    guard rank != nil else { return self }
    return WorkerURL(base: self, text: String(text.prefix { $0 != "@" }), rank: nil)
  }

  /// One data-parallel rank of the engine that this is as a whole.
  public func ranked(_ rank: Int) -> WorkerURL {
    precondition(self.rank == nil, "a rank has no ranks")
    precondition((0...WorkerURL.highestRank).contains(rank), "a rank that can be written")
    return WorkerURL(base: self, text: "\(text)@\(rank)", rank: rank)
  }

  /// Whether `name` names this worker: as its own URL, or as the engine that it is a rank of.
  func isNamed(by name: WorkerURL) -> Bool {
    self == name || rank != nil && name.rank == nil && base == name
  }

  /// Whether both are the same worker, or one is the whole engine that the other is a rank of.
  func overlaps(_ other: WorkerURL) -> Bool {
    isNamed(by: other) || other.isNamed(by: self)
  }

  /// Another server of the same host, spoken to in plain HTTP/1.1: its root on `port`.
  func onPort(_ port: UInt16) -> WorkerURL {
    WorkerURL(root: HostAndPort(host: peer.host, port: port))
  }

  private init(root peer: HostAndPort) {
    precondition(peer.port > 0, "port 0 names no server")
    scheme = .http
    self.peer = peer
    pathPrefix = ""
    rank = nil
    text = "http://\(peer)"
  }

  private init(base: WorkerURL, text: String, rank: Int?) {
    scheme = base.scheme
    peer = base.peer
    pathPrefix = base.pathPrefix
    self.text = text
    self.rank = rank
  }

  private static func rank(_ digits: Substring) -> Int? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let rank = Int(digits), rank <= highestRank
    else { return nil }
    return rank
  }

  /// The URL as given, without a trailing slash, and the rank.
  public var description: String { text }

  private static func peer(_ authority: Substring, defaultPort: UInt16) -> HostAndPort? {
    if authority.first == "[" {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      let host = authority[authority.index(after: authority.startIndex)..<close]
      guard host.utf8.allSatisfy(WorkerURL.isLiteralByte) else { return nil }
      return peer(
        host: host, portPart: authority[authority.index(after: close)...], defaultPort)
    }
    let colon = authority.firstIndex(of: ":") ?? authority.endIndex
    guard authority[..<colon].utf8.allSatisfy(WorkerURL.isNameByte) else { return nil }
    return peer(host: authority[..<colon], portPart: authority[colon...], defaultPort)
  }

  private static func peer(
    host: Substring, portPart: Substring, _ defaultPort: UInt16
  ) -> HostAndPort? {
    guard !host.isEmpty else { return nil }
    if portPart.isEmpty { return HostAndPort(host: String(host), port: defaultPort) }
    let digits = portPart.dropFirst()
    guard portPart.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(digits), port > 0
    else { return nil }
    return HostAndPort(host: String(host), port: port)
  }

  /// Whether a DNS name or IPv4 literal may hold `byte`; the underscore is no DNS, but in use.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Whether an IPv6 literal, perhaps with a zone, may hold `byte`.
  private static func isLiteralByte(_ byte: UInt8) -> Bool {
    isNameByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
  }

  /// Whether a path may hold `byte` (RFC 3986 §3.3): visible ASCII but for a few delimiters.
  private static func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
      UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
      UInt8(ascii: "}"):
      false
    default: byte > 0x20 && byte < 0x7F
    }
  }
}
