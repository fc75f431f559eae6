internal import JSONFields
package import Vocabulary

/// The answer to one request as it takes shape: scheduler events in, bytes of an HTTP body out.
///
/// For a stream each event becomes a server-sent event; for a whole answer everything is collected
/// and written at the end. Owns the text collected so far; the server owns head, status and
/// framing. Shapes and field order are those of vLLM 0.32.0, measured.
package struct EngineReply: Sendable {
  /// What the server should do after an event.
  package enum Outcome: Hashable, Sendable {
    /// Nothing to send yet.
    case nothing
    /// Send what was appended; more will come. The status is 200.
    case part
    /// Send what was appended and end the answer. The status is 200.
    case end
    /// Send what was appended as the whole answer with this status: no byte was sent before.
    case failed(status: Int)
  }

  /// The content type of a 200.
  package var contentType: String {
    request.streams ? "text/event-stream; charset=utf-8" : "application/json"
  }

  struct Choice: Sendable {
    var text = ""
    var tokens: [UInt32] = []
    var reason: EngineFinishReason?
    var stop: String?
  }

  let request: EngineRequest
  let configuration: EngineConfiguration
  let created: Int
  var choices: [Choice]
  var usage = EngineUsage()
  var hasEnded = false
  /// What stands in place of the transfer parameters of a prefill's answer; nil for the truth.
  package var kvInstead: KVText?

  /// An answer to `request` that carries `created` (seconds since 1970) as its time.
  package init(to request: EngineRequest, by configuration: EngineConfiguration, created: Int) {
    // A whole answer needs the choices' text, not the prompts.
    self.request = request
    self.configuration = configuration
    self.created = created
    choices = Array(repeating: Choice(), count: request.choices)
    usage.prompt = request.prompts.reduce(0) { $0 + $1.count }
  }

  /// Appends what a stream begins with, before any token exists: a chunk with the role alone for
  /// each choice of a chat, nothing otherwise. Returns whether anything was appended.
  package func open(into buffer: inout ByteBuffer) -> Bool {
    guard request.streams && request.endpoint == .chat else { return false }
    for index in choices.indices { writeRoleChunk(index, to: &buffer) }
    return true
  }

  /// Takes one event of this request and appends the bytes it makes.
  ///
  /// Events that do not concern a client (KV, prefill) give nothing.
  package mutating func absorb(_ event: EngineEvent, into buffer: inout ByteBuffer) -> Outcome {
    precondition(!hasEnded, "an answer ends once")
    switch event {
    case .token(let token):
      take(token)
      guard request.streams, !token.text.isEmpty || request.returnsTokenIDs else { return .nothing }
      writeChunk(token.sequence.choice, token, finish: nil, to: &buffer)
      return .part
    case .finished(let finish):
      return end(finish, into: &buffer)
    case .died:
      hasEnded = true
      return fail(.engineDead, into: &buffer)
    case .prefillDone, .needsRemoteKV, .asks, .writes, .notice, .heartbeat:
      return .nothing
    }
  }

  private mutating func take(_ token: EngineToken) {
    usage.completion += 1
    // SGLang's own stream repeats all text so far in every event.
    guard !request.streams || request.endpoint == .native else { return }
    choices[token.sequence.choice].text += token.text
    choices[token.sequence.choice].tokens.append(token.id)
  }

  private mutating func end(_ finish: EngineFinish, into buffer: inout ByteBuffer) -> Outcome {
    let index = finish.sequence.choice
    if let last = finish.lastToken { take(last) }
    choices[index].reason = finish.reason
    choices[index].stop = finish.stop
    usage = finish.usage
    if finish.reason == .error {
      hasEnded = true
      return fail(.internalError, into: &buffer)
    }
    if request.streams { writeChunk(index, finish.lastToken, finish: finish, to: &buffer) }
    guard finish.endsRequest else { return request.streams ? .part : .nothing }
    hasEnded = true
    if request.streams {
      writeStreamEnd(to: &buffer)
    } else {
      writeWhole(kv: kvInstead ?? finish.kv.map { .parameters($0) }, to: &buffer)
    }
    return .end
  }

  private func fail(_ refusal: EngineRefusal, into buffer: inout ByteBuffer) -> Outcome {
    guard request.streams else {
      refusal.write(to: &buffer)
      return .failed(status: refusal.status)
    }
    refusal.writeEvent(to: &buffer)
    buffer.append("data: [DONE]\n\n")
    return .end
  }

  private func writeStreamEnd(to buffer: inout ByteBuffer) {
    if request.includesUsage, request.endpoint != .native { writeUsageChunk(to: &buffer) }
    buffer.append("data: [DONE]\n\n")
  }
}
