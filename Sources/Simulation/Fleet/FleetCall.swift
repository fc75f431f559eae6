internal import EventLoop
internal import Vocabulary
internal import Wire

/// One request that a client of a fleet makes, on a connection of its own.
///
/// Made by `SimulatedFleet.call`; its client appears when its time has come.
package final class FleetCall {
  /// What is asked.
  package let request: FleetRequest
  /// The `X-Request-Id` it carries; nil for none.
  package let id: String?
  /// The client, once it has begun to connect.
  package internal(set) var client: SimulatedClient?

  init(_ request: FleetRequest, id: String?) {
    self.request = request
    self.id = id
  }

  /// Whether the client is through: answered, hung up, or broken.
  package var isOver: Bool { client?.isClosed ?? false }

  /// What came, as far as it is HTTP.
  package var answers: [ReceivedAnswer] {
    guard let record = client?.record else { return [] }
    let answers = try? ReceivedAnswer.read(
      record.bytes, hasEnded: record.endedAt != nil,
      method: request.method == "HEAD" ? .head : .post)
    return answers ?? []
  }

  /// The answer, whole or not; nil when not even a head came.
  package var answer: ReceivedAnswer? { answers.last }

  /// What was generated.
  package var generated: GeneratedAnswer { answer.map { GeneratedAnswer($0) } ?? GeneratedAnswer() }

  /// Whether the client hung up before the server ended.
  package var hungUp: Bool {
    guard let record = client?.record else { return false }
    return record.endedAt == nil && record.closeReason == .closedHere
  }

  /// Whether the client's own connection broke.
  package var isBroken: Bool {
    if case .failed? = client?.record.closeReason { true } else { false }
  }

  /// Whether what came is an end that a client can understand: a whole answer, which for a stream
  /// includes its own end mark, and for an error a message.
  package var isUnderstandable: Bool {
    guard let answer, answer.isWhole else { return false }
    if answer.isEventStream { return answer.events.last == "[DONE]" }
    guard answer.status >= 400, request.method != "HEAD" else { return true }
    return !answer.body.isEmpty
  }
}
