/// The generating endpoints of an engine.
package enum EngineEndpoint: String, Sendable, CaseIterable {
  /// `POST /v1/completions`.
  case completions
  /// `POST /v1/chat/completions`.
  case chat
  /// `POST /inference/v1/generate`: token ids in and out.
  case generate
  /// `POST /generate`: SGLang's own, text or token ids in, text and ids out.
  case native

  /// The path it is served at.
  package var path: String {
    switch self {
    case .completions: "/v1/completions"
    case .chat: "/v1/chat/completions"
    case .generate: "/inference/v1/generate"
    case .native: "/generate"
    }
  }

  /// Whether engines that speak `connector` serve it.
  package func isServed(by connector: EngineConnector) -> Bool {
    switch self {
    case .completions, .chat: true
    case .generate: connector != .sglang
    case .native: connector == .sglang
    }
  }

  /// How many tokens an answer has at most when the request says nothing; nil for as many as the
  /// engine is configured to give.
  var defaultTokens: Int? {
    switch self {
    case .completions, .generate: 16
    case .chat: nil
    case .native: 128
    }
  }

  /// The endpoint served at `path`, if one is.
  package init?(path: String) {
    guard let match = EngineEndpoint.allCases.first(where: { $0.path == path }) else { return nil }
    self = match
  }

  /// The engine's inner name, without its suffix, of the only choice of a request.
  package func name(requestID: String) -> String {
    "\(idPrefix)\(requestID)\(self == .completions ? "-0" : "")"
  }

  /// What its answers' ids begin with.
  package var idPrefix: String {
    switch self {
    case .completions: "cmpl-"
    case .chat: "chatcmpl-"
    case .generate: "generate-tokens-"
    case .native: ""
    }
  }
}
