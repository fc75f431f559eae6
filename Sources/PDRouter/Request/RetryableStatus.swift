/// The statuses of a worker's answer that another worker, or the same one later, may not give.
///
/// 408 and 429 say that the engine has no room, 500 and above that it failed; 501 and the other
/// 4xx speak of the request and would be given again. The baseline's list.
enum RetryableStatus {
  /// Whether a request that was answered so may be tried again.
  static func contains(_ status: Int) -> Bool {
    switch status {
    case 408, 429, 500, 502, 503, 504: true
    default: false
    }
  }

  /// Whether it says that the engine is full, and nothing about its health.
  static func isFull(_ status: Int) -> Bool { status == 408 || status == 429 }
}
