import Vocabulary

@testable import PDRouter

extension RouterWorld {
  /// Lets each engine serve the models of its number, as it says when asked, and answer anything
  /// else with its own name.
  func serve(_ models: [[String]]) {
    for (number, ids) in models.enumerated() { serve(ids, at: number) }
  }

  /// Lets one engine serve `ids`; none answers 404 to the question.
  func serve(_ ids: [String], at number: Int) {
    engines[number].script = { request in
      guard request.head[0].hasPrefix("GET /v1/models ") else {
        return [.send(RouterWorld.answer("w\(number)"))]
      }
      let body = RouterWorld.modelList(ids)
      return [.send(RouterWorld.answer(body, status: ids.isEmpty ? 404 : 200))]
    }
  }

  /// What an engine answers to `GET /v1/models`.
  static func modelList(_ ids: [String]) -> String {
    let data = ids.map { #"{"id":"\#($0)","object":"model"}"# }.joined(separator: ",")
    return #"{"object":"list","data":[\#(data)]}"#
  }

  /// Lets it be known of each worker that it serves the models of its number.
  func teach(_ models: [[String]]) {
    for (worker, ids) in zip(registry.workers, models) where !ids.isEmpty {
      guard let catalogue = withBytes(of: RouterWorld.modelList(ids), { ModelCatalogue($0) }) else {
        preconditionFailure("a list is a catalogue")
      }
      registry.learn(catalogue, of: [worker])
    }
  }

  /// How often engine number `number` was asked for its models.
  func modelQuestions(_ number: Int) -> Int {
    engines[number].requests.count { $0.head[0].hasPrefix("GET /v1/models ") }
  }
}

/// A chat for a model.
func chat(_ model: String) -> String {
  post(
    "/v1/chat/completions",
    #"{"model":"\#(model)","messages":[{"role":"user","content":"Hi there"}],"max_tokens":8}"#)
}
