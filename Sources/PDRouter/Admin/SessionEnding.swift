internal import JSONFields
internal import Policies
internal import Vocabulary
internal import Wire

/// Answers `POST /finish_session?session_id=`: the client will not come back to this session.
///
/// Any loop may answer, since what is remembered of sessions is shared. A session that nobody knows
/// is finished too, as in the baseline.
enum SessionEnding {
  /// Forgets the session that the query names.
  static func answer(_ exchange: Exchange, memory: PolicyMemory) {
    let query = exchange.head.query.of(exchange.headBytes.bytes)
    var body = ByteBuffer(capacity: 256)
    guard let id = QueryParameter.value(of: "session_id", in: query), !id.isEmpty else {
      AdminRefusal(
        status: 400, code: "INVALID_SESSION_ID", message: "The query names no 'session_id'"
      ).append(to: &body)
      OwnAnswers.respond(exchange, status: 400, json: body)
      return
    }
    memory.finishSession(id)
    body.append("{\"status\":\"ok\",\"session_id\":")
    id.withUnsafeBytes { body.append(jsonString: $0) }
    body.append("}")
    OwnAnswers.respond(exchange, json: body)
  }
}
