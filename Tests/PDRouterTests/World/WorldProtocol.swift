import Testing

/// What the router and the engines of a test's world speak to each other.
enum WorldProtocol {
  /// Whether it is HTTP/2, without TLS.
  @TaskLocal static var isHTTP2 = false
}

/// Runs each test of a suite twice: with engines that speak HTTP/1.1, and with the same engines
/// behind HTTP/2.
struct BothProtocolsTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    for isHTTP2 in [false, true] {
      try await WorldProtocol.$isHTTP2.withValue(isHTTP2) { try await function() }
    }
  }
}

/// Runs a suite with engines that speak HTTP/2 alone.
struct HTTP2Trait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await WorldProtocol.$isHTTP2.withValue(true) { try await function() }
  }
}

extension Trait where Self == HTTP2Trait {
  /// Engines speak HTTP/2.
  static var overHTTP2: Self { Self() }
}

extension Trait where Self == BothProtocolsTrait {
  /// Engines speak HTTP/1.1, and then HTTP/2.
  static var overBothProtocols: Self { Self() }
}
