import JSONFields
import KVTransfer
import Vocabulary

/// The UUID of the number in `handOver()`, with dashes and without.
let uuid = "01234567-89ab-4def-8011-223344556677"
let uuidDigits = "0123456789ab4def8011223344556677"

/// What is to be told of the prefill engine called `name`.
func identity(_ name: String, members: String) -> KVPeerIdentity {
  KVPeerIdentity(engine: engine(name), members: Array(members.utf8))
}

extension KVConnector {
  /// The prefill leg's body for a client's `text`.
  func prefillBody(
    _ shape: BodyShape, _ text: String, _ pair: KVHandOver = handOver()
  ) throws -> String {
    var scratch = ByteBuffer()
    let result = try edited(text) { body, fields, edits in
      try planPrefill(
        of: body, fields: fields, shape: shape, handOver: pair, scratch: &scratch, into: &edits)
    }
    precondition(scratch.isEmpty, "scratch is left empty")
    return result
  }

  /// The parameters of a hand-over whose legs leave together.
  func parameters(of pair: KVHandOver) -> String {
    var target = ByteBuffer()
    appendParameters(of: pair, to: &target)
    return target.text
  }

  /// The parameters that an answer gives rise to, if any.
  func parameters(inAnswer text: String, of pair: KVHandOver = handOver()) throws -> String? {
    try withBytes(of: text) { bytes in
      let answer = try readPrefillAnswer(bytes)
      guard answer.parameters != nil else { return nil }
      var target = ByteBuffer()
      appendParameters(from: answer, in: bytes, of: pair, to: &target)
      return target.text
    }
  }

  /// The decode leg's body for a client's `text`.
  func decodeBody(_ text: String, _ parameters: String) throws -> String {
    try edited(text) { _, _, edits in
      withBytes(of: parameters) { planDecode(parameters: $0, into: &edits) }
    }
  }

  /// What an answer says.
  func read(_ text: String) throws -> PrefillAnswer {
    try withBytes(of: text) { try readPrefillAnswer($0) }
  }

  /// The `X-Request-Id` of both legs, if it is not the request's own.
  func requestID(of pair: KVHandOver) -> String {
    var target = ByteBuffer()
    appendRequestID(of: pair, to: &target)
    return target.text
  }

  /// How a handle is given back.
  func releaseMeans(of parameters: String) -> KVReleaseMeans {
    withBytes(of: parameters) { releaseMeans(of: $0) }
  }
}
