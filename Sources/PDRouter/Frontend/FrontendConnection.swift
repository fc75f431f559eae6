/// One client's connection, whichever protocol it speaks: makes exchanges of what comes.
///
/// Owned by its front end until it says `connectionDidClose`, exactly once, after the stream is
/// gone; confined to the front end's loop.
protocol FrontendConnection: AnyObject {
  /// Bytes of request bodies that have come and wait to be taken.
  var untakenBodyByteCount: Int { get }

  /// Begins to wait for the first request; whoever else heard of the stream does so no more.
  func start()

  /// The front end takes nothing new: closes the connection unless a request is being received or
  /// answered, or an answer is still on its way out. What is live is the last.
  func closeIfIdle()

  /// Closes the connection whatever it is doing, after the last words of whoever answers.
  func cutShort()

  /// Closes the connection whatever it is doing, after what it wrote in this wake-up.
  func abort()
}
