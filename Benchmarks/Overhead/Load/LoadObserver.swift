/// Who decides what a `LoadConnection` does next, and counts.
protocol LoadObserver: AnyObject {
  /// The connection is up and may send.
  func connectionIsReady(_ connection: LoadConnection)
  /// Whole events of a stream arrived.
  func connection(_ connection: LoadConnection, didReceiveEvents count: Int)
  /// An answer is complete; the connection may send again unless it is closed.
  func connection(_ connection: LoadConnection, didFinishWith status: Int)
  /// The connection is gone, with or without a request on it.
  func connectionDidClose(_ connection: LoadConnection, hadRequest: Bool)
}
