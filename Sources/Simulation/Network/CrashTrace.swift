/// What the peers of a crashed host get to see of it.
public enum CrashTrace: Equatable, Sendable {
  /// Every stream is reset, at once.
  case resets
  /// Streams end as when Linux kills a process: end of stream, or reset where bytes lay unread.
  case ends
  /// Nothing, as when the machine loses power: streams hang, new connections time out.
  case silence
}
