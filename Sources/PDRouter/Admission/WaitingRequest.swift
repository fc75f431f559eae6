internal import Vocabulary

/// A request that has not been let in yet: its client, and its place in line.
///
/// Held by the queue and, as its observer, by the exchange; confined to its loop.
final class WaitingRequest: ExchangeObserver {
  let exchange: Exchange
  let endpoint: Endpoint
  /// Its place in line, while it waits.
  var ticket: AdmissionQueue<WaitingRequest>.Ticket?
  private unowned let desk: AdmissionDesk

  init(_ exchange: Exchange, _ endpoint: Endpoint, desk: AdmissionDesk) {
    self.exchange = exchange
    self.endpoint = endpoint
    self.desk = desk
  }

  func exchangeDidLoseClient(_ exchange: Exchange) {
    desk.clientLeft(self)
  }

  func exchangeDidDrain(_ exchange: Exchange) {}

  func exchangeMustEnd(_ exchange: Exchange) {
    desk.routerStops(self)
  }
}
