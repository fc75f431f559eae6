/// The one chat template of a simulated engine: each message as `<|role|>`, a new line, its text
/// and a new line; then the head of the assistant's turn.
///
/// Every turn's rendering is a prefix of the next one's, so a conversation finds its own prefix in
/// the cache.
package enum ChatTemplate {
  /// One message: who says it, and its text.
  package struct Message: Hashable, Sendable {
    /// `system`, `user`, `assistant`, `tool` or whatever the client wrote.
    package let role: String
    /// The text; the text parts joined when the content was an array of parts.
    package let text: String

    /// A message from its parts.
    package init(role: String, text: String) {
      self.role = role
      self.text = text
    }
  }

  /// The prompt that `messages` make, with the assistant's turn opened unless told otherwise.
  package static func render(_ messages: [Message], opensAnswer: Bool = true) -> String {
    var text = ""
    for message in messages {
      text += "<|\(message.role)|>\n\(message.text)\n"
    }
    if opensAnswer { text += "<|assistant|>\n" }
    return text
  }
}
