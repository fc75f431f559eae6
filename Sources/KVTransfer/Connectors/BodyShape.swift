/// Where in a request body the fields lie that differ between the legs.
public enum BodyShape: UInt8, Sendable, CaseIterable {
  /// `/v1/chat/completions`: `messages`; limits at the top level.
  case chat
  /// `/v1/completions`: `prompt`; limits at the top level.
  case completions
  /// `/v1/responses`: `input`; the limit is `max_output_tokens`.
  case responses
  /// `/generate`: `prompt`, `text` or `input_ids`; limits at the top level.
  case generate
  /// `/inference/v1/generate`: token ids; limits in `sampling_params`.
  case tokensInOut
}
