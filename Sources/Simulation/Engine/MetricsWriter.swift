internal import Vocabulary

/// Writes metrics of one engine in Prometheus text format 0.0.4, all with the same labels.
struct MetricsWriter {
  let labels: String

  /// A type line.
  func family(_ name: String, _ type: String, to buffer: inout ByteBuffer) {
    buffer.append("# TYPE \(name) \(type)\n")
  }

  /// A sample with further labels, if any.
  func sample(_ name: String, _ more: String, _ value: Double, to buffer: inout ByteBuffer) {
    buffer.append("\(name){\(labels)\(more.isEmpty ? "" : ",")\(more)} \(value)\n")
  }

  /// A gauge.
  func gauge(_ name: String, _ value: Double, to buffer: inout ByteBuffer) {
    family(name, "gauge", to: &buffer)
    sample(name, "", value, to: &buffer)
  }

  /// A counter.
  func counter(_ name: String, _ value: Int, to buffer: inout ByteBuffer) {
    family(name, "counter", to: &buffer)
    sample(name, "", Double(value), to: &buffer)
  }

  /// A counter split by one label.
  func counters(
    _ name: String, label: String, _ values: [(String, Int)], to buffer: inout ByteBuffer
  ) {
    family(name, "counter", to: &buffer)
    for (value, count) in values {
      sample(name, "\(label)=\"\(value)\"", Double(count), to: &buffer)
    }
  }

  /// A histogram, its buckets summed up as the format wants.
  func histogram(_ name: String, _ histogram: EngineHistogram, to buffer: inout ByteBuffer) {
    family(name, "histogram", to: &buffer)
    var total = 0
    for (place, count) in histogram.buckets.enumerated() {
      total += count
      let bounds = EngineHistogram.bounds
      let bound = place < bounds.count ? "\(bounds[place])" : "+Inf"
      sample("\(name)_bucket", "le=\"\(bound)\"", Double(total), to: &buffer)
    }
    sample("\(name)_sum", "", histogram.sum, to: &buffer)
    sample("\(name)_count", "", Double(histogram.count), to: &buffer)
  }
}
