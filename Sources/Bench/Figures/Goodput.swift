internal import Vocabulary

/// What a request must keep to count as good (`--goodput`, as `vllm bench serve` has it).
package struct Goodput: Equatable, Sendable {
  /// Most time to the first token; nil for any.
  package var firstToken: Duration?
  /// Most time per further token; nil for any.
  package var perToken: Duration?
  /// Most time to the end; nil for any.
  package var whole: Duration?

  /// Why a text is no such rule; `description` says it to the user.
  package struct Fault: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  /// The rules of texts such as `ttft:200`, `tpot:50` and `e2el:3000`, in milliseconds.
  package init(_ texts: [String]) throws(Fault) {
    for text in texts {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let limit = Double(parts[1]), limit >= 0, limit <= 1e12 else {
        throw Fault(
          description: "'\(text)' is not a name, a colon and milliseconds, such as ttft:200")
      }
      let duration = Duration.nanoseconds(Int64(limit * 1e6))
      switch parts[0] {
      case "ttft": firstToken = duration
      case "tpot": perToken = duration
      case "e2el": whole = duration
      default: throw Fault(description: "'\(parts[0])' is not one of ttft, tpot, e2el")
      }
    }
  }

  /// Whether anything is asked for.
  package var isEmpty: Bool { firstToken == nil && perToken == nil && whole == nil }

  /// Whether a request of these times is good; what it does not have, an answer of one token its
  /// time per further token for one, does not count against it.
  func isMet(firstToken: Duration?, perToken: Duration?, whole: Duration) -> Bool {
    func keeps(_ time: Duration?, _ limit: Duration?) -> Bool {
      guard let limit, let time else { return true }
      return time <= limit
    }
    return keeps(firstToken, self.firstToken) && keeps(perToken, self.perToken)
      && keeps(whole, self.whole)
  }
}
