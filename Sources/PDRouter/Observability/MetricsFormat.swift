internal import Wire

/// The two text formats that a scraper may ask for.
enum MetricsFormat {
  /// Prometheus text, version 0.0.4.
  case prometheus
  /// OpenMetrics text, version 1.0.0.
  case openMetrics

  /// The format that an `Accept` field asks for: OpenMetrics where it is named and not refused.
  init(accept: UnsafeRawBufferPointer?) {
    self = .prometheus
    guard let accept else { return }
    let text = String(decoding: accept, as: UTF8.self).lowercased()
    for part in text.split(separator: ",") {
      let words = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard words.first == "application/openmetrics-text" else { continue }
      let quality = words.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
      if (quality ?? 1) > 0 { self = .openMetrics }
    }
  }

  /// The value of `content-type`.
  var contentType: StaticString {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }
}
