import Testing

@testable import PDRouter

struct MetricsFormatTests {
  @Test(arguments: [
    ("", false), ("*/*", false), ("text/plain;version=0.0.4", false),
    ("application/openmetrics-text", true), ("APPLICATION/OpenMetrics-Text; version=1.0.0", true),
    ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.9", true),
    ("text/plain;q=0.5, application/openmetrics-text ; q=0", false),
    ("application/openmetrics-text-x", false), (",;,;q", false),
  ])
  func `OpenMetrics is given to whoever names it`(_ accept: String, _ isOpenMetrics: Bool) {
    withBytes(of: accept) {
      #expect(MetricsFormat(accept: $0) == (isOpenMetrics ? .openMetrics : .prometheus))
    }
  }

  @Test func `without a wish it is Prometheus text`() {
    #expect(MetricsFormat(accept: nil) == .prometheus)
  }
}
