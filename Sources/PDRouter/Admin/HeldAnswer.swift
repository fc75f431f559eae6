internal import EventLoop
internal import Vocabulary

/// A client of the router's own routes that is answered later, when engines have been asked.
///
/// Owns the exchange until it is answered or handed on; exactly one of `answer` and the client's
/// leaving ends it, and `whenLost` is called in the latter case. Confined to its loop.
final class HeldAnswer: ExchangeObserver {
  private var exchange: Exchange?
  /// What is to be ended when nobody waits for it any more.
  var whenLost: (() -> Void)?

  /// Holds `exchange`.
  init(_ exchange: Exchange) {
    self.exchange = exchange
    exchange.observer = self
  }

  /// Whether the client has left, or has been answered.
  var isOver: Bool { exchange == nil }

  /// Lets `body` answer, or hand the exchange on, unless the client has left.
  func answer(_ body: (Exchange) -> Void) {
    guard let exchange else { return }
    self.exchange = nil
    whenLost = nil
    exchange.observer = nil
    body(exchange)
  }

  func exchangeDidLoseClient(_ exchange: Exchange) {
    self.exchange = nil
    let whenLost = whenLost
    self.whenLost = nil
    whenLost?()
  }

  func exchangeDidDrain(_ exchange: Exchange) {}

  func exchangeMustEnd(_ exchange: Exchange) {
    let whenLost = whenLost
    answer {
      OwnAnswers.respond(
        $0,
        RouterError(.shuttingDown, origin: .router, message: "The router is shutting down."))
    }
    whenLost?()
  }
}
