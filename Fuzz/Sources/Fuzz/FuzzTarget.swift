/// What can be fuzzed. Each target takes any bytes, ends the process when a promise is broken, and
/// keeps nothing from one input to the next.
enum FuzzTarget: String, CaseIterable {
  /// Heads and bodies of a client's connection.
  case request
  /// Heads and bodies of an engine's connection.
  case response
  /// A connection of HTTP/2, either end.
  case http2
  /// A session of TLS between both ends, over a network that means harm.
  case tls
  /// Validating, reading and editing a JSON body.
  case json
  /// Finding events in a stream, and which of them hold tokens.
  case events
  /// What of an engine's answer goes on to the client, with usage joined.
  case relay
  /// A YAML file of flags.
  case settings

  /// Feeds one input to the target.
  func run(_ bytes: UnsafeRawBufferPointer) {
    let input = FuzzInput(bytes)
    switch self {
    case .request: MessageFuzz.runRequests(input)
    case .response: MessageFuzz.runResponses(input)
    case .http2: SessionFuzz.run(input)
    case .tls: TLSFuzz.run(input)
    case .json: JSONFuzz.run(input)
    case .events: EventFuzz.run(input)
    case .relay: RelayFuzz.run(input)
    case .settings: SettingsFuzz.run(input)
    }
  }
}
