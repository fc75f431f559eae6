package import EventLoop

/// What one engine, asked directly, generates for each of some requests: what every route has to
/// give.
///
/// A value, worked out once and good for every fleet with engines of the same kind.
package struct AnswerOracle: Sendable {
  private let answers: [FleetRequest: GeneratedAnswer]

  /// Asks an engine of `configuration`'s kind each of `requests`.
  ///
  /// - Throws: `StreamError.bindFailed`.
  package init(
    _ requests: [FleetRequest], engine configuration: EngineConfiguration = FleetPlan.smallEngine
  ) throws(StreamError) {
    var answers: [FleetRequest: GeneratedAnswer] = [:]
    for request in requests where answers[request] == nil {
      var plan = FleetPlan.pool(1)
      plan.engine = configuration
      guard let answer = try SimulatedFleet.directAnswer(to: request, plan: plan) else {
        preconditionFailure("an engine without faults answers")
      }
      answers[request] = GeneratedAnswer(answer)
    }
    self.answers = answers
  }

  /// What is right for `request`, which must be one of those given.
  package func answer(to request: FleetRequest) -> GeneratedAnswer {
    guard let answer = answers[request] else { preconditionFailure("the oracle knows the request") }
    return answer
  }

  /// What is wrong with the texts that `fleet`'s clients got; empty is right.
  ///
  /// An answer that claims to be complete is exactly the right one; one that ended in an error, or
  /// broke off, has told nothing but the beginning of it.
  package func wrongAnswers(in fleet: SimulatedFleet) -> [String] {
    fleet.calls.enumerated().compactMap { number, call in
      // An operator's requests generate nothing.
      if call.request.target.hasPrefix("/workers") { return nil }
      let right = answer(to: call.request)
      let got = call.generated
      let isWhole = call.answer?.isWhole == true && call.answer?.status == 200
      let claimsAll = got.isComplete || isWhole && got.errorMessage == nil
      let isBeginning = zip(got.texts, right.texts).allSatisfy { $1.hasPrefix($0) }
      return got == right || !claimsAll && isBeginning
        ? nil : "seed \(fleet.plan.seed): call \(number) got \(got), and not \(right)"
    }
  }
}
