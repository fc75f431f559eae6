internal import Vocabulary
internal import Wire

// HTTP/2 of all connections of a front end.
extension Frontend {
  /// What sessions are told of the front end's limits.
  static func sessionSettings(
    _ http2: ClientHTTP2Settings, _ limits: Limits
  ) -> HTTP2Settings {
    var settings = HTTP2Settings()
    settings.maxConcurrentStreams = http2.maxConcurrentStreams
    settings.initialWindowBytes = http2.streamWindowBytes
    settings.connectionWindowBytes = http2.connectionWindowBytes
    settings.head = messageLimits(limits)
    // A head within its limit is not cut into more frames than that.
    settings.continuations = max(settings.continuations, 2 * limits.headBytes / (16 * 1024))
    settings.highWatermarkBytes = limits.clientHighWatermarkBytes
    settings.lowWatermarkBytes = limits.clientLowWatermarkBytes
    return settings
  }
}
