/// The generating endpoints of an engine.
package enum EngineEndpoint: String, Sendable, CaseIterable {
  /// `POST /v1/completions`.
  case completions
  /// `POST /v1/chat/completions`.
  case chat
  /// `POST /inference/v1/generate`: token ids in and out.
  case generate

  /// The path it is served at.
  package var path: String {
    switch self {
    case .completions: "/v1/completions"
    case .chat: "/v1/chat/completions"
    case .generate: "/inference/v1/generate"
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
    }
  }
}
